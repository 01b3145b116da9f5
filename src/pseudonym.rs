//! What a person is called in logs and traces: the same name within one database, and no way back to the person without
//! its master key.

use sha2::{Digest as _, Sha256};
use shop::UserId;

/// How many bytes of the hash make a name: enough to tell the people of one shop apart.
const NAME_BYTES: usize = 6;

/// Names people by a keyed hash of their ids.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    /// The names that belong to a secret.
    #[must_use]
    pub fn of_secret(secret: &[u8]) -> Self {
        Self { key: Sha256::new().chain_update(b"raqam pseudonyms 1").chain_update(secret).finalize().into() }
    }

    /// What this person is called: twelve hexadecimal digits.
    #[must_use]
    pub fn of(&self, user: UserId) -> String {
        // The key and the number have fixed lengths, so nothing can be appended to what is hashed.
        let hash = Sha256::new().chain_update(self.key).chain_update(user.0.to_be_bytes()).finalize();
        hash.iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_name_per_secret_and_it_does_not_tell_the_id() {
        let (ours, theirs) = (Pseudonyms::of_secret(b"ours"), Pseudonyms::of_secret(b"theirs"));
        let user = UserId(1001);
        assert_eq!(ours.of(user), Pseudonyms::of_secret(b"ours").of(user));
        assert_ne!(ours.of(user), theirs.of(user));
        assert_ne!(ours.of(user), ours.of(UserId(1002)));
        assert!(!ours.of(user).contains("1001") && ours.of(user).len() == 2 * NAME_BYTES);
    }
}
