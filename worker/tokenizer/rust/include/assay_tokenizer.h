/* The C interface of the Rust library: tokenizers and chat templates.
 *
 * Functions that can fail return false and set *error to a text for people; *out is then not
 * written. On success *error is not written. Both are freed by the caller with the function for
 * their type. Texts are UTF-8 with a size, not ended by a zero byte. No pointer is kept after the
 * call. */
#ifndef ASSAY_WORKER_TOKENIZER_RUST_INCLUDE_ASSAY_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_RUST_INCLUDE_ASSAY_TOKENIZER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Thread-safe once created. */
typedef struct AssayTokenizer AssayTokenizer;

/* data is null where size is 0. */
typedef struct AssayText {
  char* data;
  size_t size;
} AssayText;

typedef struct AssayTokenIds {
  int32_t* data;
  size_t size;
} AssayTokenIds;

/* From the bytes of a tokenizer.json. Truncation and padding that it asks for are switched off. */
bool assay_tokenizer_create(const char* json, size_t json_size, AssayTokenizer** out,
                            AssayText* error);
void assay_tokenizer_free(AssayTokenizer* tokenizer); /* null is allowed */

bool assay_tokenizer_encode(const AssayTokenizer* tokenizer, const char* text, size_t text_size,
                            bool add_special_tokens, AssayTokenIds* out, AssayText* error);
/* Ids that have no token are left out; negative ones are an error. */
bool assay_tokenizer_decode(const AssayTokenizer* tokenizer, const int32_t* ids, size_t ids_size,
                            bool skip_special_tokens, AssayText* out, AssayText* error);
/* -1: there is no such token. */
int64_t assay_tokenizer_token_to_id(const AssayTokenizer* tokenizer, const char* token,
                                    size_t token_size);
/* The highest id + 1, added tokens included. */
int64_t assay_tokenizer_vocabulary_size(const AssayTokenizer* tokenizer);
/* The tokenizer.json that the library writes: the same for all files that mean the same tokenizer.
 */
bool assay_tokenizer_json(const AssayTokenizer* tokenizer, AssayText* out, AssayText* error);

/* Renders a Jinja chat template. `messages`: a JSON list of objects with role and content;
 * `variables`: a JSON object of further names for the template (bos_token, eos_token, …). */
bool assay_chat_render(const char* chat_template, size_t chat_template_size, const char* messages,
                       size_t messages_size, const char* variables, size_t variables_size,
                       bool add_generation_prompt, AssayText* out, AssayText* error);

void assay_text_free(AssayText text);
void assay_token_ids_free(AssayTokenIds ids);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ASSAY_WORKER_TOKENIZER_RUST_INCLUDE_ASSAY_TOKENIZER_H_ */
