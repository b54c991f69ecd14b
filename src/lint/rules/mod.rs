//! The rules, a file a family, and the table of them.

mod bash;
mod cluster_names;
mod contradictions;
mod fences;
mod flags;
mod hooks;
mod manifests;
mod prompts;
mod secrets;
mod sequence;
mod spelling;
mod status;
mod tables;
mod timing;
mod variables;

use super::Rule;

pub(super) use manifests::cannot_render;

/// Every rule, by code.
pub const RULES: &[Rule] = &[
    prompts::MISSING_PROMPT,
    bash::BASH_REFUSES,
    bash::TRAILING_BLANK,
    timing::TIMEOUT_TOO_SHORT,
    hooks::NO_SCRIPT,
    hooks::UNUSED_SCRIPT,
    fences::MISSPELT_LANGUAGE,
    variables::NEVER_SET,
    tables::COLUMNS,
    tables::NO_HEADER,
    tables::SAME_ROW_TWICE,
    fences::DOES_NOT_PARSE,
    fences::WRONG_LABEL,
    status::HIDDEN_IN_SHELL,
    status::EXPORT_HIDES,
    sequence::CONFIGURED_AFTER_DELETE,
    secrets::SECRET,
    secrets::ACCOUNT,
    status::CHECKS_NOTHING,
    cluster_names::NAMESPACE,
    cluster_names::OBJECT,
    flags::GIVEN_TWICE,
    flags::RANGE_WITHOUT_END,
    flags::SILENT_METER,
    timing::NEVER_ENDS,
    bash::TYPOGRAPHY,
    prompts::NO_BLANK_AFTER_PROMPT,
    bash::OUTPUT_BEGINS_WITH_OPERATOR,
    manifests::CONTRADICTED,
    prompts::PROMPT_BEFORE_OUTPUT,
    contradictions::OTHER_OBJECT,
    contradictions::OTHER_COUNT,
    fences::NOT_CLOSED,
    manifests::NO_FILE,
    spelling::MISSPELT,
];
