//! iden3's container: four letters, a version, then numbered sections with their lengths.

use crate::error::FormatError;

/// Sections a file may have; the largest format has sixteen.
const MOST_SECTIONS: u32 = 32;

/// A file taken apart, nothing decoded yet.
pub struct Sections<'a> {
    list: Vec<(u32, &'a [u8])>,
}

impl<'a> Sections<'a> {
    /// Checks letters, version, lengths, that nothing stands twice and nothing is left over.
    pub fn parse(bytes: &'a [u8], kind: &'static str, version: u32) -> Result<Self, FormatError> {
        let mut reader = Reader::new(bytes, "the file header");
        if reader.take(4)? != kind.as_bytes() || reader.u32()? != version {
            return Err(FormatError::Kind(kind));
        }
        let count = reader.u32()?;
        if count > MOST_SECTIONS {
            return Err(FormatError::Range("the number of sections"));
        }
        let mut list: Vec<(u32, &[u8])> = Vec::new();
        for _ in 0..count {
            reader.place = "a section header";
            let (id, length) = (reader.u32()?, reader.u64()?);
            reader.place = "a section";
            let length = usize::try_from(length).map_err(|_| FormatError::Truncated("a section"))?;
            if list.iter().any(|(other, _)| *other == id) {
                return Err(FormatError::Duplicate(id));
            }
            list.push((id, reader.take(length)?));
        }
        reader.place = "the last section";
        reader.end()?;
        Ok(Self { list })
    }

    /// A section that must be there.
    pub fn get(&self, id: u32) -> Result<&'a [u8], FormatError> {
        self.find(id).ok_or(FormatError::Missing(id))
    }

    /// A section that may be there.
    pub fn find(&self, id: u32) -> Option<&'a [u8]> {
        self.list.iter().find(|(other, _)| *other == id).map(|(_, bytes)| *bytes)
    }

    /// A section of exactly so many bytes.
    pub fn sized(&self, section: u32, want: usize) -> Result<&'a [u8], FormatError> {
        let bytes = self.get(section)?;
        if bytes.len() == want { Ok(bytes) } else { Err(FormatError::SectionSize { section, have: bytes.len(), want }) }
    }

    /// Refuses sections outside the list: nobody would check them.
    pub fn only(&self, known: &[u32]) -> Result<(), FormatError> {
        match self.list.iter().find(|(id, _)| !known.contains(id)) {
            Some((id, _)) => Err(FormatError::Unknown(*id)),
            None => Ok(()),
        }
    }
}

/// Puts a file together.
pub fn compose(kind: &str, version: u32, sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let size: usize = sections.iter().map(|(_, bytes)| 12 + bytes.len()).sum();
    let mut out = Vec::with_capacity(12 + size);
    out.extend(kind.as_bytes());
    out.extend(version.to_le_bytes());
    out.extend((sections.len() as u32).to_le_bytes());
    for (id, bytes) in sections {
        out.extend(id.to_le_bytes());
        out.extend((bytes.len() as u64).to_le_bytes());
        out.extend(bytes);
    }
    out
}

/// Little-endian fields, one after the other.
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Named when the bytes end too early.
    pub place: &'static str,
}

impl<'a> Reader<'a> {
    /// From the start.
    pub fn new(bytes: &'a [u8], place: &'static str) -> Self {
        Self { rest: bytes, place }
    }

    /// The next bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], FormatError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(FormatError::Truncated(self.place))?;
        self.rest = rest;
        Ok(head)
    }

    /// The next bytes, as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        Ok(self.take(N)?.try_into().expect("asked for N bytes"))
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, FormatError> {
        Ok(self.array::<1>()?[0])
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, FormatError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, FormatError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Bytes left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), FormatError> {
        if self.rest.is_empty() { Ok(()) } else { Err(FormatError::Trailing(self.place)) }
    }
}
