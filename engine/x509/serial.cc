#include "engine/x509/serial.h"

#include "engine/base/encoding.h"

namespace muster::x509 {

bool IsRegularSerial(ByteView serial) {
  // RFC 5280 4.1.2.2: at most 20 octets, the sign octet included, and not negative. It asks CAs for
  // a positive number; public roots that are in use have 0, and nothing hangs on it: let pass.
  return !serial.empty() && serial.size() <= 20 && (serial[0] & 0x80) == 0;
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
