#include "engine/x509/serial.h"

#include <algorithm>

#include "engine/base/encoding.h"

namespace muster::x509 {

bool IsRegularSerial(ByteView serial) {
  // RFC 5280 4.1.2.2: positive, and at most 20 octets, the sign octet included.
  if (serial.empty() || serial.size() > 20 || (serial[0] & 0x80) != 0) return false;
  return std::any_of(serial.begin(), serial.end(), [](std::uint8_t octet) { return octet != 0; });
}

std::string SerialText(ByteView serial) {
  if (serial.size() > 1 && serial[0] == 0) serial = serial.subspan(1);
  const std::string hex = base::HexUpper(serial);
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i != 0) text.push_back(':');
    text.append(hex, i, 2);
  }
  return text;
}

}  // namespace muster::x509
