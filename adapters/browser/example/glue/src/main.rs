//! Makes the JavaScript glue of a module: `glue MODULE DIRECTORY`. It is the part of wasm-bindgen-cli that is needed here.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(module), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("usage: glue MODULE DIRECTORY".into());
    };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(false);
    // The names of the functions are a third of the module.
    bindgen
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(directory)?;
    Ok(())
}
