//! A tokenizer.json in use.

use crate::model::AnyModel;
use crate::normalizer::AnyNormalizer;
use serde::Deserialize;
use tokenizers::{DecoderWrapper, PostProcessorWrapper, PreTokenizerWrapper, TokenizerImpl};

type Tokenizer = TokenizerImpl<
    AnyModel,
    AnyNormalizer,
    PreTokenizerWrapper,
    PostProcessorWrapper,
    DecoderWrapper,
>;

pub struct TextTokenizer {
    tokenizer: Tokenizer,
    vocabulary_size: u32,
}

/// The part of a tokenizer.json that the library is known to change silently.
#[derive(Deserialize)]
struct DeclaredTokens {
    #[serde(default)]
    added_tokens: Vec<DeclaredToken>,
}

#[derive(Deserialize)]
struct DeclaredToken {
    id: u32,
    content: String,
}

impl TextTokenizer {
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let mut tokenizer: Tokenizer =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        // Files often keep the truncation and padding of the last training run. Whoever runs a
        // model decides about them.
        tokenizer
            .with_truncation(None)
            .map_err(|error| error.to_string())?;
        tokenizer.with_padding(None);

        let declared: DeclaredTokens =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        check_ids(&tokenizer, &declared)?;

        let highest = tokenizer.get_vocab(true).into_values().max();
        let vocabulary_size = match highest {
            None => return Err("the vocabulary is empty".to_string()),
            Some(id) if id >= i32::MAX as u32 => {
                return Err(format!("token id {id} is over {}", i32::MAX - 1));
            }
            Some(id) => id + 1,
        };
        Ok(Self {
            tokenizer,
            vocabulary_size,
        })
    }

    pub fn encode(&self, text: &str, add_special_tokens: bool) -> Result<Vec<i32>, String> {
        let encoding = self
            .tokenizer
            .encode_fast(text, add_special_tokens)
            .map_err(|error| error.to_string())?;
        encoding
            .get_ids()
            .iter()
            .map(|&id| match i32::try_from(id) {
                // A post-processor names ids by itself.
                Ok(small) if id < self.vocabulary_size => Ok(small),
                _ => Err(format!("token id {id} is not in the vocabulary")),
            })
            .collect()
    }

    pub fn decode(&self, ids: &[i32], skip_special_tokens: bool) -> Result<String, String> {
        let ids = ids
            .iter()
            .map(|&id| u32::try_from(id).map_err(|_| format!("token id {id} is negative")))
            .collect::<Result<Vec<u32>, String>>()?;
        self.tokenizer
            .decode(&ids, skip_special_tokens)
            .map_err(|error| error.to_string())
    }

    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    pub fn vocabulary_size(&self) -> u32 {
        self.vocabulary_size
    }

    pub fn to_json(&self) -> Result<String, String> {
        self.tokenizer
            .to_string(false)
            .map_err(|error| error.to_string())
    }
}

/// The library gives an added token the next free id where its own does not fit, and goes on.
/// The model would then see ids that it was not trained with.
fn check_ids(tokenizer: &Tokenizer, declared: &DeclaredTokens) -> Result<(), String> {
    for token in &declared.added_tokens {
        let id = tokenizer.token_to_id(&token.content);
        if !token.content.is_empty() && id != Some(token.id) {
            return Err(format!(
                "added_tokens: {:?} has id {}, but the vocabulary leads to {}",
                token.content,
                token.id,
                id.map_or("none".to_string(), |id| id.to_string())
            ));
        }
    }
    Ok(())
}
