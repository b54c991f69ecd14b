//! Kubernetes quantities (`500m`, `128Mi`, `1e3`) as exact numbers.

/// A quantity in billionths, exact: the finest unit Kubernetes knows is `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

const BILLION: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a number with or without a unit; `None` where the text is no quantity or is finer
    /// than a billionth.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, unit) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let (scale, shift) = scale(unit)?;
        let scaled = digits.checked_mul(scale)?;
        let places = u32::try_from(fraction.len()).ok()?.checked_add(shift)?;
        let divisor = 10_i128.checked_pow(places)?;
        if scaled % divisor != 0 {
            return None;
        }
        let value = scaled / divisor;
        Some(Self(if negative { -value } else { value }))
    }

    /// Whether the text is a quantity with a unit: `1Gi` is, `1` and `1e3` are not. Two texts are
    /// only taken for amounts where one of them has a unit, so that versions stay text.
    pub fn has_unit(text: &str) -> bool {
        Self::parse(text).is_some()
            && text.ends_with(|c: char| c.is_ascii_alphabetic())
            && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
    }
}

impl From<u32> for Quantity {
    fn from(number: u32) -> Self {
        Self(i128::from(number) * BILLION)
    }
}

/// What one of a unit is, in billionths, and by how many decimal places less.
fn scale(unit: &str) -> Option<(i128, u32)> {
    let power = |base: i128, exponent: u32| base.pow(exponent) * BILLION;
    let scale = match unit {
        "" => BILLION,
        "n" => 1,
        "u" => 1_000,
        "m" => 1_000_000,
        "k" => power(1000, 1),
        "M" => power(1000, 2),
        "G" => power(1000, 3),
        "T" => power(1000, 4),
        "P" => power(1000, 5),
        "E" => power(1000, 6),
        "Ki" => power(1024, 1),
        "Mi" => power(1024, 2),
        "Gi" => power(1024, 3),
        "Ti" => power(1024, 4),
        "Pi" => power(1024, 5),
        "Ei" => power(1024, 6),
        _ => {
            let exponent = unit.strip_prefix(['e', 'E'])?;
            if let Some(places) = exponent.strip_prefix('-') {
                return Some((BILLION, places.parse().ok()?));
            }
            10_i128
                .checked_pow(exponent.parse().ok()?)?
                .checked_mul(BILLION)?
        }
    };
    Some((scale, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_amounts_are_equal_whatever_their_unit() {
        for (one, other) in [
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("1k", "1000"),
            ("1e3", "1k"),
            ("1e+3", "1000"),
            ("5e-1", "500m"),
            ("100E-3", "0.1"),
            ("1.5Gi", "1536Mi"),
            ("100n", "0.1u"),
            ("-1", "-1000m"),
        ] {
            assert_eq!(
                Quantity::parse(one).unwrap(),
                Quantity::parse(other).unwrap(),
                "{one} {other}"
            );
        }
        assert!(Quantity::parse("1G") < Quantity::parse("1Gi"));
        assert!(Quantity::parse("8E") < Quantity::parse("7Ei"));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in [
            "",
            "Mi",
            "1mb",
            "1.2.3",
            "v1",
            "1 Gi",
            ".",
            "1e",
            "0.1n",
            "1e-",
            "1e--3",
            "1e-10",
            "9e999",
            "1e-99999999999",
            "+",
            "-",
            "--1",
            "1_000",
            "٣",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text:?}");
        }
        assert!(Quantity::has_unit("128Mi"));
        assert!(!Quantity::has_unit("1e3"));
        assert!(!Quantity::has_unit("1.10"));
    }
}
