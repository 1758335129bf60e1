// Plots as SVG, of JSON that says what is drawn (client/plots/rust/src/lib.rs). Thread-safe.
#ifndef ASSAY_CLIENT_PLOTS_RUST_INCLUDE_ASSAY_PLOTS_H_
#define ASSAY_CLIENT_PLOTS_RUST_INCLUDE_ASSAY_PLOTS_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The SVG document in UTF-8, or, where `ok` is false, why there is none.
typedef struct AssayPlot {
  uint8_t* data;
  size_t size;
  bool ok;
} AssayPlot;

AssayPlot assay_plot_render(const char* json, size_t size);
void assay_plot_free(AssayPlot plot);

#ifdef __cplusplus
}
#endif

#endif  // ASSAY_CLIENT_PLOTS_RUST_INCLUDE_ASSAY_PLOTS_H_
