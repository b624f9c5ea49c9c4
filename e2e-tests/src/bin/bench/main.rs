mod measure;
mod walk;
use anyhow::Result;
use vilokanam_chain::{Embedded, Node};
fn main() -> Result<()> {
    let abi = measure::Abi::read(std::path::Path::new("metadata"))?;
    let mut b = measure::Bench::deploy(Embedded::new(), &abi)?;
    walk::walk(&mut b)?;
    println!("{:?}", abi.missing(&b.messages));
    println!("{}", serde_json::to_string_pretty(&b.messages)?);
    if let Some(node) = Node::start()? {
        let mut b = measure::Bench::deploy(node, &abi)?;
        walk::walk(&mut b)?;
        println!("{}", serde_json::to_string_pretty(&b.messages)?);
    }
    Ok(())
}
