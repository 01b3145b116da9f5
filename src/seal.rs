//! Secrets on disk: XChaCha20-Poly1305 under a master key that comes from the environment or lies beside the database.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Generate as _, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret as _, SecretString};
use shop::ServerId;
use shop::settings::SealedKey;

use crate::pseudonym::Pseudonyms;

/// The bytes of a nonce.
const NONCE_BYTES: usize = 24;

/// Why secrets cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The master key is not 64 hexadecimal digits.
    #[error("MASTER_KEY must be 64 hexadecimal digits")]
    BadMasterKey,
    /// The key file can be read by others.
    #[error("{0} can be read by others: make it mode 0600")]
    OpenFile(PathBuf),
    /// The key file is gone while encrypted values are stored.
    #[error(
        "the master key is missing ({0}), yet the database holds encrypted values: bring the file back or set MASTER_KEY"
    )]
    Missing(PathBuf),
    /// The key file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The value was sealed under another key, or for another place, or is damaged.
    #[error("a stored secret cannot be read with this master key")]
    WrongKey,
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// Seals and opens secrets.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    pseudonyms: Pseudonyms,
}

impl Sealer {
    /// The master key from the environment, from the file, or made anew where nothing is encrypted yet.
    ///
    /// # Errors
    /// [`SealError`] where the key is malformed, readable by others, or missing although it is needed.
    pub fn open(from_environment: Option<&SecretString>, file: &Path, needed: Needed) -> Result<Self, SealError> {
        if let Some(key) = from_environment {
            return Self::from_hex(key.expose_secret());
        }
        match std::fs::read_to_string(file) {
            Ok(text) => {
                refuse_open_file(file)?;
                Self::from_hex(text.trim())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match needed {
                Needed::Yes => Err(SealError::Missing(file.to_owned())),
                Needed::No => Self::create(file),
            },
            Err(error) => Err(SealError::File(file.to_owned(), error)),
        }
    }

    /// Encrypts a server's key.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`] where no nonce can be drawn.
    pub fn seal(&self, server: ServerId, key: &SecretString) -> Result<SealedKey, SealError> {
        let nonce = XNonce::try_generate().map_err(|_| SealError::NoRandomness)?;
        let place = place(server);
        let payload = Payload { msg: key.expose_secret().as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| SealError::WrongKey)?;
        Ok(SealedKey(to_hex(&[nonce.as_slice(), &sealed].concat())))
    }

    /// Decrypts a server's key.
    ///
    /// # Errors
    /// [`SealError::WrongKey`] where it was sealed under another master key, or for another server.
    pub fn unseal(&self, server: ServerId, sealed: &SealedKey) -> Result<SecretString, SealError> {
        let bytes = from_hex(&sealed.0).filter(|bytes| bytes.len() > NONCE_BYTES).ok_or(SealError::WrongKey)?;
        let (nonce, sealed) = bytes.split_at(NONCE_BYTES);
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::WrongKey)?;
        let place = place(server);
        let opened = self
            .cipher
            .decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() })
            .map_err(|_| SealError::WrongKey)?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| SealError::WrongKey)
    }

    /// What people are called in the log of whoever has this master key.
    #[must_use]
    pub fn pseudonyms(&self) -> Pseudonyms {
        self.pseudonyms.clone()
    }

    fn with_key(key: &Key) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key), pseudonyms: Pseudonyms::of_secret(key) }
    }

    fn from_hex(text: &str) -> Result<Self, SealError> {
        let bytes = from_hex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or(SealError::BadMasterKey)?;
        Ok(Self::with_key(&Key::from(bytes)))
    }

    fn create(file: &Path) -> Result<Self, SealError> {
        let key = Key::try_generate().map_err(|_| SealError::NoRandomness)?;
        let failed = |error| SealError::File(file.to_owned(), error);
        let mut handle =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
        handle.write_all(format!("{}\n", to_hex(&key)).as_bytes()).map_err(failed)?;
        handle.sync_all().map_err(failed)?;
        Ok(Self::with_key(&key))
    }
}

/// Whether stored values need the existing master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Something is encrypted with it.
    Yes,
    /// Nothing is encrypted yet.
    No,
}

/// What a sealed value is bound to, so that values cannot be swapped between rows.
fn place(server: ServerId) -> String {
    format!("settings|server {}|key|1", server.number())
}

fn refuse_open_file(file: &Path) -> Result<(), SealError> {
    let mode = std::fs::metadata(file).map_err(|error| SealError::File(file.to_owned(), error))?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(SealError::OpenFile(file.to_owned())) }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_only_in_its_place_and_under_its_master_key() {
        let (one, other) =
            (Sealer::from_hex(&"ab".repeat(32)).expect("a key"), Sealer::from_hex(&"cd".repeat(32)).expect("a key"));
        let sealed = one.seal(ServerId::Two, &SecretString::from("top secret")).expect("seals");
        assert!(!sealed.0.contains("top secret"));
        assert_eq!(one.unseal(ServerId::Two, &sealed).expect("opens").expose_secret(), "top secret");
        assert!(one.unseal(ServerId::One, &sealed).is_err());
        assert!(other.unseal(ServerId::Two, &sealed).is_err());
    }
}
