//! Models of a tokenizer.json: the library's, with a cache of words that lives as long as the model.
//!
//! The library's BPE keeps its words per thread, by the number of the model, and never lets them
//! go: a process that opens one tokenizer after the other would grow with each. So its cache is
//! left out, which is possible only where the model is built.

use ahash::AHashMap;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use tokenizers::models::bpe::{Merges, BPE};
use tokenizers::models::TrainerWrapper;
use tokenizers::{Model, ModelWrapper, Result, Token};

/// Words in the cache at most, and bytes of each, as in the library's.
const CACHED_WORDS: usize = 10_000;
const CACHED_WORD_BYTES: usize = 256;

pub struct AnyModel {
    library: ModelWrapper,
    /// Of BPE alone; the others have none, or one that goes with them.
    words: Option<RwLock<AHashMap<String, Vec<Token>>>>,
}

impl Serialize for AnyModel {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.library.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AnyModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        // Old files have no type; merges are what BPE alone has.
        if value["type"] == "BPE" || (value["type"].is_null() && !value["merges"].is_null()) {
            let bpe = BpeFields::deserialize(value)
                .map_err(D::Error::custom)?
                .build()
                .map_err(D::Error::custom)?;
            return Ok(Self {
                library: ModelWrapper::BPE(bpe),
                words: Some(RwLock::default()),
            });
        }
        Ok(Self {
            library: ModelWrapper::deserialize(value).map_err(D::Error::custom)?,
            words: None,
        })
    }
}

/// BPE as a tokenizer.json has it. Its dropout, which makes ids a matter of chance, is a means of
/// training and passed over.
#[derive(Deserialize)]
struct BpeFields {
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    fuse_unk: Option<bool>,
    byte_fallback: Option<bool>,
    ignore_merges: Option<bool>,
    vocab: AHashMap<String, u32>,
    merges: MergeFields,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MergeFields {
    Pairs(Merges),
    Lines(Vec<String>),
}

impl BpeFields {
    fn build(self) -> Result<BPE> {
        let mut builder = BPE::builder()
            .cache_capacity(0)
            .fuse_unk(self.fuse_unk.unwrap_or(false))
            .byte_fallback(self.byte_fallback.unwrap_or(false))
            .ignore_merges(self.ignore_merges.unwrap_or(false))
            .vocab_and_merges(self.vocab, self.merges.into_pairs()?);
        if let Some(token) = self.unk_token {
            builder = builder.unk_token(token);
        }
        if let Some(prefix) = self.continuing_subword_prefix {
            builder = builder.continuing_subword_prefix(prefix);
        }
        if let Some(suffix) = self.end_of_word_suffix {
            builder = builder.end_of_word_suffix(suffix);
        }
        builder.build()
    }
}

impl MergeFields {
    fn into_pairs(self) -> Result<Merges> {
        let lines = match self {
            Self::Pairs(pairs) => return Ok(pairs),
            Self::Lines(lines) => lines,
        };
        lines
            .iter()
            .filter(|line| !line.starts_with("#version"))
            .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
                [left, right] => Ok((left.to_string(), right.to_string())),
                _ => Err(format!("merges: {line:?} is not two tokens").into()),
            })
            .collect()
    }
}

impl Model for AnyModel {
    type Trainer = TrainerWrapper;

    fn tokenize(&self, word: &str) -> Result<Vec<Token>> {
        let Some(words) = self
            .words
            .as_ref()
            .filter(|_| word.len() < CACHED_WORD_BYTES)
        else {
            return self.library.tokenize(word);
        };
        // Whoever finds the cache in use computes the word instead of waiting.
        if let Ok(words) = words.try_read() {
            if let Some(tokens) = words.get(word) {
                return Ok(tokens.clone());
            }
        }
        let tokens = self.library.tokenize(word)?;
        if let Ok(mut words) = words.try_write() {
            if words.len() < CACHED_WORDS {
                words.insert(word.to_string(), tokens.clone());
            }
        }
        Ok(tokens)
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        self.library.get_vocab()
    }

    fn get_vocab_size(&self) -> usize {
        self.library.get_vocab_size()
    }

    fn save(&self, folder: &Path, prefix: Option<&str>) -> Result<Vec<PathBuf>> {
        self.library.save(folder, prefix)
    }

    fn get_trainer(&self) -> TrainerWrapper {
        self.library.get_trainer()
    }
}
