//! What a button does, and its short form inside a button's token.

use std::fmt::Debug;

/// A flow's buttons as typed events. Implemented by [`actions!`](crate::actions).
pub trait Action: Clone + PartialEq + Debug + Sized + 'static {
    /// The short form, of `a-z`, `0-9` and `-` only.
    fn encode(&self) -> String;
    /// Reads the short form back.
    fn decode(code: &str) -> Option<Self>;
    /// The variant's name, for the table and the matrix.
    fn label(&self) -> &'static str;
    /// Whether the button counts once per revision (it pays, or destroys).
    fn is_once(&self) -> bool;
    /// One example of each variant, with its argument at zero and at its maximum.
    fn examples() -> Vec<Self>;
}

/// An argument of an action: a number, written in base 36.
pub trait Argument: Clone + PartialEq + Debug {
    /// The largest value that the type holds.
    const LARGEST: u64;
    /// The number.
    fn to_number(&self) -> u64;
    /// Back from the number; `None` where it does not fit.
    fn from_number(number: u64) -> Option<Self>;
}

macro_rules! argument {
    ($($kind:ty),*) => {$(
        impl Argument for $kind {
            const LARGEST: u64 = <$kind>::MAX as u64;
            fn to_number(&self) -> u64 {
                u64::from(*self)
            }
            fn from_number(number: u64) -> Option<Self> {
                <$kind>::try_from(number).ok()
            }
        }
    )*};
}
argument!(u8, u16, u32, u64);

/// A number in base 36, lower case.
#[must_use]
pub fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while digits.is_empty() || number > 0 {
        digits.push(char::from_digit((number % 36) as u32, 36).expect("a remainder below 36"));
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// Reads [`base36`] back; refuses what it would not have written.
#[must_use]
pub fn from_base36(text: &str) -> Option<u64> {
    let number = u64::from_str_radix(text, 36).ok()?;
    (base36(number) == text).then_some(number)
}

/// Declares a flow's actions with their short codes:
/// `actions! { pub enum Action { "b" once => Buy, "p" => Page(u32) } }`.
/// A code must be unique within the flow; `once` marks the buttons that count once.
#[macro_export]
macro_rules! actions {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $( $(#[$doc:meta])* $code:literal $($once:ident)? => $variant:ident $(($argument:ty))? ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $vis enum $name { $( $(#[$doc])* $variant $(($argument))? ),* }

        impl $crate::Action for $name {
            fn encode(&self) -> String {
                $( $crate::__action!(encode self, $name, $code, $variant $(, $argument)?); )*
                unreachable!("every variant is listed above")
            }

            fn decode(code: &str) -> Option<Self> {
                let (head, tail) = code.split_once('-').map_or((code, None), |(head, tail)| (head, Some(tail)));
                $( $crate::__action!(decode head, tail, $name, $code, $variant $(, $argument)?); )*
                None
            }

            fn label(&self) -> &'static str {
                match self { $( Self::$variant { .. } => stringify!($variant), )* }
            }

            fn is_once(&self) -> bool {
                match self { $( Self::$variant { .. } => $crate::__action!(once $($once)?), )* }
            }

            fn examples() -> Vec<Self> {
                let mut all = Vec::new();
                $( $crate::__action!(examples all, $name, $variant $(, $argument)?); )*
                all
            }
        }
    };
}

/// The parts of [`actions!`], by variant with and without an argument.
#[doc(hidden)]
#[macro_export]
macro_rules! __action {
    (encode $self:ident, $name:ident, $code:literal, $variant:ident) => {
        if let $name::$variant = $self {
            return $code.to_owned();
        }
    };
    (encode $self:ident, $name:ident, $code:literal, $variant:ident, $argument:ty) => {
        if let $name::$variant(argument) = $self {
            let number = <$argument as $crate::action::Argument>::to_number(argument);
            return format!("{}-{}", $code, $crate::action::base36(number));
        }
    };
    (decode $head:ident, $tail:ident, $name:ident, $code:literal, $variant:ident) => {
        if $head == $code && $tail.is_none() {
            return Some($name::$variant);
        }
    };
    (decode $head:ident, $tail:ident, $name:ident, $code:literal, $variant:ident, $argument:ty) => {
        if $head == $code {
            let number = $crate::action::from_base36($tail?)?;
            return <$argument as $crate::action::Argument>::from_number(number).map($name::$variant);
        }
    };
    (once) => {
        false
    };
    (once once) => {
        true
    };
    (examples $all:ident, $name:ident, $variant:ident) => {
        $all.push($name::$variant);
    };
    (examples $all:ident, $name:ident, $variant:ident, $argument:ty) => {
        for number in [0, <$argument as $crate::action::Argument>::LARGEST] {
            $all.extend(<$argument as $crate::action::Argument>::from_number(number).map($name::$variant));
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::actions! {
        /// Buttons of a test.
        enum Sample {
            /// Pays.
            "b" once => Buy,
            /// Turns.
            "p" => Page(u32),
        }
    }

    #[test]
    fn actions_read_back_what_they_wrote() {
        for action in Sample::examples() {
            assert_eq!(Sample::decode(&action.encode()), Some(action));
        }
        assert_eq!(Sample::examples().len(), 3);
        assert!(Sample::Buy.is_once() && !Sample::Page(1).is_once());
    }

    #[test]
    fn hostile_codes_decode_to_nothing() {
        for code in ["", "b-1", "p", "p-", "p--1", "p-zzzzzzzzzzzzzz", "p-1-2", "P-1", "x"] {
            assert_eq!(Sample::decode(code), None, "{code}");
        }
    }
}
