//! A deployed stack. Its outputs name its tables and the secret with its providers' keys.

use std::collections::HashMap;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Output, Stack};
use shared::dynamodb::{Tables, causes};

pub async fn tables(sdk: &SdkConfig, name: &str) -> anyhow::Result<Tables> {
    let outputs = outputs(sdk, name).await?;
    Ok(Tables { accounts: output(&outputs, name, "AccountsTable")?, cache: output(&outputs, name, "CacheTable")? })
}

/// The name of the secret from which the stack's functions read the providers' keys.
pub async fn provider_keys_secret(sdk: &SdkConfig, name: &str) -> anyhow::Result<String> {
    output(&outputs(sdk, name).await?, name, "ProviderKeysSecret")
}

/// The values of the stack's parameters, by name.
pub async fn parameters(sdk: &SdkConfig, name: &str) -> anyhow::Result<HashMap<String, String>> {
    let stack = describe(sdk, name).await?;
    let parameters = stack.iter().flat_map(Stack::parameters);
    let named = parameters.filter_map(|one| Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned())));
    Ok(named.collect())
}

async fn outputs(sdk: &SdkConfig, name: &str) -> anyhow::Result<Vec<Output>> {
    Ok(describe(sdk, name).await?.map(|stack| stack.outputs().to_vec()).unwrap_or_default())
}

async fn describe(sdk: &SdkConfig, name: &str) -> anyhow::Result<Option<Stack>> {
    let described = Client::new(sdk).describe_stacks().stack_name(name).send().await;
    let described = described
        .map_err(|error| anyhow::anyhow!("{}", causes(&error)))
        .with_context(|| format!("the stack {name} can't be read"))?;
    Ok(described.stacks.unwrap_or_default().into_iter().next())
}

fn output(outputs: &[Output], stack: &str, name: &str) -> anyhow::Result<String> {
    let output = outputs.iter().find(|output| output.output_key() == Some(name)).and_then(Output::output_value);
    let missing = || format!("the stack {stack} has no output {name}; choose a completely deployed stack of this API");
    output.map(str::to_owned).with_context(missing)
}
