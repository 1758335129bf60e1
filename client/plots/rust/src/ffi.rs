//! The C interface. Panics of the library become errors.
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

/// An SVG document, or why there is none.
#[repr(C)]
pub struct Rendered {
    data: *mut u8,
    size: usize,
    ok: bool,
}

#[no_mangle]
pub unsafe extern "C" fn assay_plot_render(json: *const u8, size: usize) -> Rendered {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        crate::render(std::str::from_utf8(slice::from_raw_parts(json, size))?)
    }));
    let (text, ok) = match outcome {
        Ok(Ok(svg)) => (svg, true),
        Ok(Err(why)) => (why.to_string(), false),
        Err(_) => ("the plot cannot be drawn".to_string(), false),
    };
    let bytes = text.into_bytes().into_boxed_slice();
    let size = bytes.len();
    Rendered {
        data: Box::into_raw(bytes).cast(),
        size,
        ok,
    }
}

#[no_mangle]
pub unsafe extern "C" fn assay_plot_free(rendered: Rendered) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(
        rendered.data,
        rendered.size,
    )));
}
