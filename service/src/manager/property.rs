//! Limits of a session's scope, as people write them: `MemoryMax=2G`, with the names and forms of
//! systemd.resource-control(5).

use zbus::zvariant::Value;

/// What a property's value is.
#[derive(Clone, Copy)]
enum Form {
    /// Bytes, with K, M, G or T (powers of 1024) behind them, or `infinity`.
    Bytes,
    /// The same, of which none would be nothing to live on.
    SomeBytes,
    /// A number, or `infinity`.
    Count,
    /// A weight from 1 to 10000.
    Weight,
    /// Percent of one processor.
    Quota,
}

/// The properties that a session may have. Others could take it out of its scope's rules.
const KNOWN: [(&str, Form); 9] = [
    ("MemoryMax", Form::SomeBytes),
    ("MemoryHigh", Form::SomeBytes),
    ("MemorySwapMax", Form::Bytes),
    ("MemoryLow", Form::Bytes),
    ("MemoryMin", Form::Bytes),
    ("TasksMax", Form::Count),
    ("CPUWeight", Form::Weight),
    ("IOWeight", Form::Weight),
    ("CPUQuota", Form::Quota),
];

/// Most properties of one scope: more than there are.
const MAX: usize = 32;

/// Refuses a list of which one is none of these, or that is longer than it can be.
///
/// # Errors
/// What is wrong, in words.
pub fn check(properties: &[String]) -> Result<(), String> {
    if properties.len() > MAX {
        return Err(format!("{} properties, more than the {MAX} allowed", properties.len()));
    }
    properties.iter().try_for_each(|property| parse(property).map(drop))
}

/// Reads `NAME=VALUE` into what the manager takes.
///
/// # Errors
/// When it is none of these, in words.
pub fn parse(property: &str) -> Result<(&'static str, Value<'static>), String> {
    let Some((name, value)) = property.split_once('=') else {
        return Err(format!("{property:?} is no property of the form NAME=VALUE"));
    };
    let Some((name, form)) = KNOWN.into_iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = KNOWN.iter().map(|(known, _)| *known).collect();
        return Err(format!("a session's scope has no property {name:?}; it has {}", known.join(", ")));
    };
    let wrong = |what: &str| format!("{name}= takes {what}, not {value:?}");
    match form {
        Form::Bytes | Form::SomeBytes => {
            let least = u64::from(matches!(form, Form::SomeBytes));
            let bytes = bytes(value)
                .filter(|bytes| *bytes >= least)
                .ok_or_else(|| wrong("bytes (2G, 512M, infinity)"))?;
            Ok((name, Value::U64(bytes)))
        }
        Form::Count => {
            let count =
                number(value).filter(|count| *count > 0).ok_or_else(|| wrong("a number or infinity"))?;
            Ok((name, Value::U64(count)))
        }
        Form::Weight => {
            let weight = value.parse().ok().filter(|weight| (1..=10_000).contains(weight));
            Ok((name, Value::U64(weight.ok_or_else(|| wrong("a weight from 1 to 10000"))?)))
        }
        Form::Quota => {
            let percent: Option<u64> = value.strip_suffix('%').and_then(|percent| percent.parse().ok());
            let percent = percent.filter(|percent| (1..=1_000_000).contains(percent));
            let percent = percent.ok_or_else(|| wrong("percent of one processor (150%)"))?;
            // µs of processor time in each second.
            Ok(("CPUQuotaPerSecUSec", Value::U64(percent * 10_000)))
        }
    }
}

fn number(value: &str) -> Option<u64> {
    if value == "infinity" { Some(u64::MAX) } else { value.parse().ok() }
}

fn bytes(value: &str) -> Option<u64> {
    let (digits, shift) = match value.chars().next_back()? {
        'K' => (&value[..value.len() - 1], 10),
        'M' => (&value[..value.len() - 1], 20),
        'G' => (&value[..value.len() - 1], 30),
        'T' => (&value[..value.len() - 1], 40),
        _ => return number(value),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_what_the_manager_takes() {
        for (written, name, value) in [
            ("MemoryMax=2G", "MemoryMax", 2 << 30),
            ("MemoryHigh=512M", "MemoryHigh", 512 << 20),
            ("MemoryMax=infinity", "MemoryMax", u64::MAX),
            ("TasksMax=100", "TasksMax", 100),
            ("CPUWeight=50", "CPUWeight", 50),
            ("CPUQuota=150%", "CPUQuotaPerSecUSec", 1_500_000),
        ] {
            assert_eq!(parse(written), Ok((name, Value::U64(value))), "{written}");
        }
        for wrong in [
            "MemoryMax",
            "MemoryMax=",
            "MemoryMax=much",
            "MemoryMax=99999999999T",
            "Slice=x.slice",
            "CPUWeight=0",
            "CPUQuota=150",
            "TasksMax=0",
            "MemoryMax=0",
            "MemoryHigh=0K",
            "=1",
            "MemoryMax=\u{e9}",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
