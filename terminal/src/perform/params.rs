//! The parameters of a control sequence, and the one proven short cut round the parser: a plain sequence
//! (`ESC [`, digits, semicolons, colons, final byte) that lies whole in the buffer is read here directly.
//! Programs with colours send little else. That both ways agree is what the test shows that cuts the same
//! stream in different places.

/// Parameters, of which each may have several values.
///
/// ```text
///  CSI 1 ; 4:3 m     values | 1 | 4 | 3 |    joined  ..100
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Params {
    values: [u16; Self::MAX],
    len: usize,
    /// Bit n: value n belongs to the parameter of the value before.
    joined: u32,
    /// No number was given at all, where the sequence has a prefix.
    pub(super) bare: bool,
}

impl Params {
    /// Values at most, as the parser has them; those beyond are not kept.
    const MAX: usize = 32;

    fn clear(&mut self) {
        self.len = 0;
        self.joined = 0;
        self.bare = false;
    }

    #[inline]
    fn push(&mut self, value: u16, joined: bool) {
        if let Some(slot) = self.values.get_mut(self.len) {
            *slot = value;
            self.joined |= u32::from(joined) << self.len;
            self.len += 1;
        }
    }

    /// Each parameter with its values.
    #[inline]
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { params: self, next: 0 }
    }

    /// The first value of each parameter.
    pub(super) fn values(&self) -> impl Iterator<Item = u16> {
        self.iter().map(|values| values[0])
    }

    /// The same, where a missing number is none and not 0.
    pub(super) fn named(&self) -> impl Iterator<Item = u16> {
        self.values().filter(|_| !self.bare)
    }

    pub(super) fn len(&self) -> usize {
        self.len - self.joined.count_ones() as usize
    }

    /// The first value of a parameter as it is, 0 when missing.
    #[inline]
    pub(super) fn raw(&self, place: usize) -> usize {
        let value = if self.joined == 0 {
            self.values[..self.len].get(place).copied()
        } else {
            self.values().nth(place)
        };
        value.map_or(0, usize::from)
    }

    /// A parameter for which 0 and nothing both mean `default`.
    #[inline]
    pub(super) fn or(&self, place: usize, default: usize) -> usize {
        match self.raw(place) {
            0 => default,
            value => value,
        }
    }

    /// A count: 1 when missing or 0.
    #[inline]
    pub(super) fn count(&self, place: usize) -> usize {
        self.or(place, 1)
    }

    /// A place counted from 1 by the program, from 0 here.
    #[inline]
    pub(super) fn position(&self, place: usize) -> usize {
        self.count(place) - 1
    }

    /// Reads what follows `ESC [` of a plain sequence. Gives the final byte and how many bytes all took;
    /// `None` for anything that needs the parser. In place, because a copy of what was just written costs more
    /// than the reading.
    #[inline]
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Option<(u8, usize)> {
        self.clear();
        let (mut value, mut joined) = (0u16, false);
        for (place, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => value = value.saturating_mul(10).saturating_add(u16::from(byte - b'0')),
                b';' | b':' => {
                    self.push(value, joined);
                    (value, joined) = (0, *byte == b':');
                }
                0x40..=0x7e => {
                    self.push(value, joined);
                    return Some((*byte, place + 1));
                }
                _ => return None,
            }
        }
        None
    }
}

impl From<&vte::Params> for Params {
    fn from(parsed: &vte::Params) -> Self {
        let mut params = Self::default();
        for values in parsed {
            for (place, value) in values.iter().enumerate() {
                params.push(*value, place > 0);
            }
        }
        params
    }
}

/// Over the parameters, each with at least one value.
pub(super) struct Iter<'a> {
    params: &'a Params,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u16];

    #[inline]
    fn next(&mut self) -> Option<&'a [u16]> {
        let start = self.next;
        if start >= self.params.len {
            return None;
        }
        let mut end = start + 1;
        while end < self.params.len && self.params.joined >> end & 1 == 1 {
            end += 1;
        }
        self.next = end;
        Some(&self.params.values[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    fn read(text: &str) -> Option<Vec<Vec<u16>>> {
        let mut params = Params::default();
        params.read(text.as_bytes())?;
        Some(params.iter().map(<[u16]>::to_vec).collect())
    }

    #[test]
    fn plain_sequences_are_read_and_others_left() {
        assert_eq!(read("m"), Some(vec![vec![0]]));
        assert_eq!(read("1;4:3m"), Some(vec![vec![1], vec![4, 3]]));
        assert_eq!(read(";99999H"), Some(vec![vec![0], vec![65535]]));
        assert_eq!(read("38:2::1:2:3;7m"), Some(vec![vec![38, 2, 0, 1, 2, 3], vec![7]]));
        assert_eq!(read("1;"), None);
        assert_eq!(read("?25h"), None);
        assert_eq!(read("1 q"), None);
    }

    #[test]
    fn values_beyond_the_last_are_dropped() {
        let many = format!("{}9m", "1;".repeat(40));
        let mut params = Params::default();
        let (end, taken) = params.read(many.as_bytes()).unwrap();
        assert_eq!((params.len(), end, taken), (32, b'm', many.len()));
    }
}
