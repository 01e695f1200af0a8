//! rustls-webpki, with the cryptography of ring or of AWS-LC: requests in, answers out (../peer.h).
//!
//! usage: peer_webpki ring|aws-lc

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{anchor_from_trusted_cert, aws_lc_rs, ring, EndEntityCert, KeyUsage};

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

// The algorithms that muster accepts and fleets use.
static RING: Algorithms = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
];
static AWS_LC: Algorithms = &[
    aws_lc_rs::ECDSA_P256_SHA256,
    aws_lc_rs::ECDSA_P384_SHA384,
    aws_lc_rs::ED25519,
    aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
];

// Devices between looks at the clock.
const BLOCK: usize = 16;

/// A fleet (../fleet_file.h). It lives until the program ends.
struct Fleet {
    at: UnixTime,
    questions: Vec<Vec<CertificateDer<'static>>>,
    roots: Vec<CertificateDer<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    devices: Vec<Vec<CertificateDer<'static>>>,
}

struct Reader {
    rest: &'static [u8],
}

impl Reader {
    fn take(&mut self, count: usize) -> Result<&'static [u8], String> {
        if count > self.rest.len() {
            return Err("the fleet ends early; delete it, tools/compare makes it again".into());
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, String> {
        let octets = self.take(4)?;
        Ok(u32::from_le_bytes(octets.try_into().unwrap()) as usize)
    }

    fn seconds(&mut self) -> Result<i64, String> {
        let octets = self.take(8)?;
        Ok(i64::from_le_bytes(octets.try_into().unwrap()))
    }

    fn blob(&mut self) -> Result<&'static [u8], String> {
        let count = self.number()?;
        self.take(count)
    }

    fn certificates(&mut self) -> Result<Vec<CertificateDer<'static>>, String> {
        (0..self.number()?)
            .map(|_| self.blob().map(CertificateDer::from))
            .collect()
    }
}

fn read_fleet(path: &str) -> Result<Fleet, String> {
    let octets = std::fs::read(path).map_err(|e| format!("cannot read the fleet {path}: {e}"))?;
    let mut reader = Reader {
        rest: octets.leak(),
    };
    if reader.take(8)? != b"MUSTERFL" || reader.number()? != 1 {
        return Err(format!("{path} is no fleet of version 1"));
    }
    let at = UnixTime::since_unix_epoch(Duration::from_secs(reader.seconds()? as u64));
    let mut questions = Vec::new();
    for _ in 0..reader.number()? {
        questions.push(reader.certificates()?);
        reader.blob()?; // What the right answer is concerns the driver alone.
    }
    let roots = reader.certificates()?;
    let intermediates = reader.certificates()?;
    let devices = (0..reader.number()?)
        .map(|_| reader.certificates())
        .collect::<Result<_, String>>()?;
    Ok(Fleet {
        at,
        questions,
        roots,
        intermediates,
        devices,
    })
}

fn anchor(der: &'static CertificateDer<'static>) -> Result<TrustAnchor<'static>, String> {
    anchor_from_trusted_cert(der).map_err(|e| format!("a CA of this fleet cannot be used: {e}"))
}

/// What is kept between devices.
struct Prepared {
    algorithms: Algorithms,
    at: UnixTime,
    roots: Vec<TrustAnchor<'static>>,
    /// By the octets of the issuer's certificate, as a device presents it.
    anchors: HashMap<&'static [u8], TrustAnchor<'static>>,
}

impl Prepared {
    fn new(fleet: &'static Fleet, mode: &str, algorithms: Algorithms) -> Result<Self, String> {
        let roots = fleet.roots.iter().map(anchor).collect::<Result<_, _>>()?;
        let mut anchors = HashMap::new();
        if mode == "anchor" {
            for der in &fleet.intermediates {
                anchors.insert(der.as_ref(), anchor(der)?);
            }
        }
        Ok(Prepared {
            algorithms,
            at: fleet.at,
            roots,
            anchors,
        })
    }

    fn accepts(&self, chain: &[CertificateDer<'_>]) -> bool {
        let Ok(leaf) = EndEntityCert::try_from(&chain[0]) else {
            return false;
        };
        let presented = &chain[1..];
        let known = presented
            .first()
            .and_then(|issuer| self.anchors.get(issuer.as_ref()));
        let (anchors, presented) = match known {
            Some(anchor) => (std::slice::from_ref(anchor), &[][..]),
            None => (self.roots.as_slice(), presented),
        };
        let usage = KeyUsage::client_auth();
        leaf.verify_for_usage(
            self.algorithms,
            anchors,
            presented,
            self.at,
            usage,
            None,
            None,
        )
        .is_ok()
    }
}

/// Processor time of the whole process.
fn now() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    now.tv_sec as f64 + 1e-9 * now.tv_nsec as f64
}

/// What was built: the package's name and its version in Cargo.lock.
fn version(package: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let found = lock.split_once(&format!("name = \"{package}\"\nversion = \""));
    let version = found
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("unknown");
    format!("{package} {version}")
}

struct Program {
    provider: String,
    fleet: Option<&'static Fleet>,
    prepared: Option<Prepared>,
    next: usize,
}

impl Program {
    fn answer(&mut self, request: &str) -> Result<String, String> {
        let (verb, argument) = request.split_once(' ').unwrap_or((request, ""));
        match verb {
            "about" => Ok(format!(
                "ok\tname=webpki-{}\tversion={}, {}\tmodes=full anchor",
                self.provider,
                version("rustls-webpki"),
                version(if self.provider == "ring" {
                    "ring"
                } else {
                    "aws-lc-rs"
                })
            )),
            "load" => {
                self.fleet = Some(Box::leak(Box::new(read_fleet(argument)?)));
                Ok("ok".into())
            }
            "prepare" => {
                let fleet = self.fleet.ok_or("'prepare' before 'load'")?;
                let algorithms = if self.provider == "ring" {
                    RING
                } else {
                    AWS_LC
                };
                self.prepared = Some(Prepared::new(fleet, argument, algorithms)?);
                Ok("ok".into())
            }
            "check" => self.check(),
            "round" => self.round(argument),
            _ => Err(format!("unknown request '{verb}'")),
        }
    }

    fn check(&self) -> Result<String, String> {
        let (Some(fleet), Some(prepared)) = (self.fleet, &self.prepared) else {
            return Err("'check' before 'load' and 'prepare'".into());
        };
        let digit = |chain: &Vec<_>| if prepared.accepts(chain) { '1' } else { '0' };
        Ok(format!(
            "ok\t{}",
            fleet.questions.iter().map(digit).collect::<String>()
        ))
    }

    // Goes on where the round before it stopped, so that the whole fleet is seen.
    fn round(&mut self, milliseconds: &str) -> Result<String, String> {
        let (Some(fleet), Some(prepared)) = (self.fleet, &self.prepared) else {
            return Err("'round' before 'load' and 'prepare'".into());
        };
        let seconds = milliseconds.parse::<f64>().map_err(|e| e.to_string())? / 1000.0;
        let block = BLOCK.min(fleet.devices.len());
        let (mut devices, mut rejected) = (0, 0);
        let start = now();
        loop {
            if self.next + block > fleet.devices.len() {
                self.next = 0;
            }
            for chain in &fleet.devices[self.next..self.next + block] {
                rejected += usize::from(!prepared.accepts(chain));
            }
            self.next += block;
            devices += block;
            let elapsed = now() - start;
            if elapsed >= seconds {
                return Ok(format!("ok\t{devices}\t{elapsed}\t{rejected}"));
            }
        }
    }
}

fn main() {
    let provider = std::env::args().nth(1).unwrap_or_default();
    if provider != "ring" && provider != "aws-lc" {
        eprintln!("usage: peer_webpki ring|aws-lc");
        std::process::exit(2);
    }
    let mut program = Program {
        provider,
        fleet: None,
        prepared: None,
        next: 0,
    };
    for request in io::stdin().lock().lines() {
        let Ok(request) = request else { return };
        let answer = program
            .answer(&request)
            .unwrap_or_else(|e| format!("error\t{e}"));
        if writeln!(io::stdout(), "{answer}").is_err() {
            return;
        }
    }
}
