//! A deployed stack: where its tables are, by its outputs.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Output;
use shared::dynamodb::{Tables, causes};

/// The stack's tables.
pub async fn tables(sdk: &SdkConfig, stack: &str) -> anyhow::Result<Tables> {
    let described = Client::new(sdk).describe_stacks().stack_name(stack).send().await;
    let described = described
        .map_err(|error| anyhow::anyhow!("{}", causes(&error)))
        .with_context(|| format!("the stack {stack} can't be read"))?;
    let outputs = described.stacks().first().map(|stack| stack.outputs().to_vec()).unwrap_or_default();
    let table = |name: &str| {
        let output = outputs.iter().find(|output| output.output_key() == Some(name)).and_then(Output::output_value);
        let missing = || format!("the stack {stack} has no output {name}: is it this API's, and deployed whole?");
        output.map(str::to_owned).with_context(missing)
    };
    Ok(Tables { accounts: table("AccountsTable")?, cache: table("CacheTable")? })
}
