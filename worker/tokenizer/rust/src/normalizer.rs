//! Normalizers of a tokenizer.json: the library's, and SentencePiece's own.
//!
//! The library's `Precompiled` looks at whole letters with their marks, and of a letter's start at
//! the shortest replacement. SentencePiece takes the longest that fits at each place.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use tokenizers::{NormalizedString, Normalizer, NormalizerWrapper};

#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum AnyNormalizer {
    SentencePiece(SentencePiece),
    Library(NormalizerWrapper),
}

impl<'de> Deserialize<'de> for AnyNormalizer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value["type"] == "SentencePiece" {
            return SentencePiece::deserialize(value)
                .map(Self::SentencePiece)
                .map_err(D::Error::custom);
        }
        NormalizerWrapper::deserialize(value)
            .map(Self::Library)
            .map_err(D::Error::custom)
    }
}

impl Normalizer for AnyNormalizer {
    fn normalize(&self, text: &mut NormalizedString) -> tokenizers::Result<()> {
        match self {
            Self::SentencePiece(normalizer) => normalizer.normalize(text),
            Self::Library(normalizer) => normalizer.normalize(text),
        }
    }
}

/// A model's table of replacements, between two normalizers of the library.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "type")]
pub struct SentencePiece {
    before: Option<NormalizerWrapper>,
    /// The units of a darts-clone trie; its values are places in `replacements`.
    trie: Vec<u32>,
    /// Each ends with a zero byte.
    replacements: String,
    after: Option<NormalizerWrapper>,
}

impl SentencePiece {
    /// The longest start of `text` that the table has, in bytes, and what replaces it.
    fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let mut best = None;
        let mut place = offset(*self.trie.first()?);
        for (i, &byte) in text.as_bytes().iter().enumerate() {
            if byte == 0 {
                break;
            }
            place ^= usize::from(byte);
            let unit = *self.trie.get(place)?;
            // The highest bit marks values, which no byte leads to.
            if unit & 0x8000_00FF != u32::from(byte) {
                break;
            }
            place ^= offset(unit);
            if (unit >> 8) & 1 == 1 {
                best = Some((i + 1, *self.trie.get(place)? & 0x7FFF_FFFF));
            }
        }
        let (size, start) = best?;
        let rest = self.replacements.get(start as usize..)?;
        let end = rest.find('\0').unwrap_or(rest.len());
        text.is_char_boundary(size).then_some((size, &rest[..end]))
    }

    fn replace(&self, text: &mut NormalizedString) {
        let original = text.get().to_string();
        let mut rest = original.as_str();
        let mut characters: Vec<(char, isize)> = Vec::with_capacity(original.len());
        let mut removed_first = 0;
        while let Some(next) = rest.chars().next() {
            let Some((size, replacement)) = self.longest(rest) else {
                characters.push((next, 0));
                rest = &rest[next.len_utf8()..];
                continue;
            };
            let mut replaced = rest[..size].chars().count();
            for character in replacement.chars() {
                characters.push((character, if replaced > 0 { 0 } else { 1 }));
                replaced = replaced.saturating_sub(1);
            }
            match characters.last_mut() {
                Some((_, change)) => *change -= replaced as isize,
                None => removed_first += replaced,
            }
            rest = &rest[size..];
        }
        text.transform(characters, removed_first);
    }
}

impl Normalizer for SentencePiece {
    fn normalize(&self, text: &mut NormalizedString) -> tokenizers::Result<()> {
        if let Some(before) = &self.before {
            before.normalize(text)?;
        }
        self.replace(text);
        if let Some(after) = &self.after {
            after.normalize(text)?;
        }
        Ok(())
    }
}

fn offset(unit: u32) -> usize {
    (unit as usize >> 10) << ((unit & (1 << 9)) >> 6)
}
