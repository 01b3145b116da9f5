//! The secret that our account at a supplier is known by: its form, and how it is checked before it is used.

use secrecy::{ExposeSecret, SecretString};

use crate::ConfigError;

/// What a supplier's key is, and where it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyForm {
    /// One word, in the `Authorization` header.
    Bearer,
    /// An e-mail address and a password ([`Credentials`]), in each JSON body.
    Login,
}

impl KeyForm {
    /// Whether a text can be a key of this form.
    pub(crate) fn check(self, key: &SecretString) -> Result<(), ConfigError> {
        match self {
            Self::Bearer if is_word(key.expose_secret()) => Ok(()),
            Self::Bearer => Err(ConfigError::Key),
            Self::Login => Credentials::parse(key).map(|_| ()),
        }
    }
}

fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (8..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// The e-mail address and the password of an account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Has one `@` inside, 3 to 254 characters, no blanks and no control characters.
    email: SecretString,
    /// 1 to 256 characters, no control characters.
    password: SecretString,
}

impl Credentials {
    /// Takes what can be an account; nothing is changed of it.
    ///
    /// # Errors
    /// [`ConfigError::Login`] for everything else.
    pub fn new(email: SecretString, password: SecretString) -> Result<Self, ConfigError> {
        let good = is_email(email.expose_secret()) && is_password(password.expose_secret());
        if good { Ok(Self { email, password }) } else { Err(ConfigError::Login) }
    }

    /// Reads both from one secret: the address, a line break, the password.
    ///
    /// # Errors
    /// [`ConfigError::Login`] where it is not of that form.
    pub fn parse(key: &SecretString) -> Result<Self, ConfigError> {
        let (email, password) = key.expose_secret().split_once('\n').ok_or(ConfigError::Login)?;
        Self::new(email.into(), password.into())
    }

    /// Both as one secret, as [`Self::parse`] reads it.
    #[must_use]
    pub fn joined(&self) -> SecretString {
        format!("{}\n{}", self.email.expose_secret(), self.password.expose_secret()).into()
    }

    pub(crate) const fn email(&self) -> &SecretString {
        &self.email
    }

    pub(crate) const fn password(&self) -> &SecretString {
        &self.password
    }
}

fn is_email(text: &str) -> bool {
    let plain = !text.contains(char::is_control) && !text.contains(char::is_whitespace);
    let parted = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    (3..=254).contains(&text.chars().count()) && plain && parted && text.matches('@').count() == 1
}

fn is_password(text: &str) -> bool {
    (1..=256).contains(&text.chars().count()) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_blanks_or_line_breaks_are_refused() {
        assert!(KeyForm::Bearer.check(&"A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d4".into()).is_ok());
        for hostile in ["", "short", "key with blanks", "line\nbreaks", "ключключ", &"x".repeat(129)] {
            assert!(KeyForm::Bearer.check(&hostile.into()).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn an_account_is_an_address_and_a_password() {
        let long = |characters| "x".repeat(characters);
        let cases = [
            ("a@b\np".to_owned(), true),
            (format!("{}@b\n{}", long(252), long(256)), true),
            ("some.one@example.net\npass word \u{e9}@:\"".to_owned(), true),
            ("a@b".to_owned(), false),
            ("a@b\n".to_owned(), false),
            ("\np".to_owned(), false),
            ("ab\np".to_owned(), false),
            ("@b\np".to_owned(), false),
            ("a@\np".to_owned(), false),
            ("a@b@c\np".to_owned(), false),
            ("a @b\np".to_owned(), false),
            ("a\r@b\np".to_owned(), false),
            ("a@b\np\nq".to_owned(), false),
            ("a@b\np\0".to_owned(), false),
            (format!("{}@b\np", long(253)), false),
            (format!("a@b\n{}", long(257)), false),
        ];
        for (text, good) in cases {
            let key = SecretString::from(text.clone());
            assert_eq!(KeyForm::Login.check(&key).is_ok(), good, "{text:?}");
            let joined = Credentials::parse(&key).ok().map(|read| read.joined().expose_secret().to_owned());
            assert_eq!(joined, good.then_some(text));
        }
    }

    #[test]
    fn credentials_hide_from_debug() {
        let credentials = Credentials::parse(&"CANARY@example.net\nCANARYword".into()).expect("an account");
        assert!(!format!("{credentials:?}").contains("CANARY"));
    }
}
