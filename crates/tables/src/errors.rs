//! Every sentence a client of DynamoDB can be told, as AWS words it (docs/differences.md names where it is not known).

use std::fmt::Display;

use anabranch_api::ApiError;
use anabranch_api::dynamodb::{AttributeValue, Error};
use anabranch_catalog::CatalogError;
use anabranch_wire::{Encode, Encoder, json};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use crate::number::NotNumber;
use crate::path::Path;
use crate::value::Kind;

/// Before most sentences about values.
const INVALID: &str = "One or more parameter values were invalid: ";

/// The request is not one that DynamoDB takes.
pub(crate) fn validation(sentence: impl Into<String>) -> Error {
    Error::Other(ApiError::client("ValidationException", sentence.into()))
}

fn invalid(sentence: impl Display) -> Error {
    validation(format!("{INVALID}{sentence}"))
}

/// Something failed in here; the log says what.
pub(crate) fn internal() -> Error {
    Error::InternalServerError("Internal server error".into())
}

/// The catalog failed.
pub(crate) fn catalog(error: &CatalogError) -> Error {
    tracing::error!(error = error as &dyn std::error::Error, "the catalog failed a call of DynamoDB");
    internal()
}

// Values.

pub(crate) fn too_deep() -> Error {
    validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    )
}

pub(crate) fn null_must_be_true() -> Error {
    invalid("Null attribute value types must have the value of true")
}

pub(crate) fn empty_value() -> Error {
    validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

pub(crate) fn ambiguous_value() -> Error {
    validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

pub(crate) fn not_a_number(why: NotNumber, text: &str) -> Error {
    match why {
        NotNumber::Text if text.is_empty() => {
            validation("The parameter cannot be converted to a numeric value")
        }
        NotNumber::Text => {
            validation(format!("The parameter cannot be converted to a numeric value: {text}"))
        }
        NotNumber::Digits => validation("Attempting to store more than 38 significant digits in a Number"),
        NotNumber::Overflow => number_overflow(),
        NotNumber::Underflow => validation(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    }
}

pub(crate) fn number_overflow() -> Error {
    validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
}

pub(crate) fn empty_set(named: &str) -> Error {
    invalid(format_args!("{named} may not be empty"))
}

pub(crate) fn empty_binary_set() -> Error {
    invalid("Binary sets should not be empty")
}

pub(crate) fn duplicates(shown: &str) -> Error {
    invalid(format_args!("Input collection [{shown}] contains duplicates."))
}

pub(crate) fn item_too_large() -> Error {
    validation("Item size has exceeded the maximum allowed size")
}

pub(crate) fn updated_item_too_large() -> Error {
    validation("Item size to update has exceeded the maximum allowed size")
}

// Keys.

pub(crate) fn missing_key(name: &str) -> Error {
    invalid(format_args!("Missing the key {name} in the item"))
}

pub(crate) fn key_type(name: &str, expected: Kind, actual: Kind) -> Error {
    invalid(format_args!(
        "Type mismatch for key {name} expected: {} actual: {}",
        expected.code(),
        actual.code()
    ))
}

pub(crate) fn index_key_type(name: &str, index: &str, expected: Kind, actual: Kind) -> Error {
    invalid(format_args!(
        "Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {index}",
        expected.code(),
        actual.code()
    ))
}

pub(crate) fn empty_key(name: &str, kind: Kind) -> Error {
    let what = if kind == Kind::B { "binary" } else { "string" };
    validation(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
    ))
}

pub(crate) fn empty_index_key(name: &str, index: &str, kind: Kind) -> Error {
    let what = if kind == Kind::B { "binary" } else { "string" };
    validation(format!(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {what} value. IndexName: {index}, IndexKey: {name}"
    ))
}

pub(crate) fn key_schema() -> Error {
    validation("The provided key element does not match the schema")
}

pub(crate) fn key_count() -> Error {
    validation("The number of conditions on the keys is invalid")
}

pub(crate) fn hash_key_too_long() -> Error {
    invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
}

pub(crate) fn range_key_too_long() -> Error {
    invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
}

/// Ours: what stands in the catalog's keys.
pub(crate) fn range_key_beyond_catalog(max: usize) -> Error {
    invalid(format_args!("Aggregated size of all range keys has exceeded the size limit of {max} bytes"))
}

pub(crate) fn key_updated(name: &str) -> Error {
    invalid(format_args!("Cannot update attribute {name}. This attribute is part of the key"))
}

pub(crate) fn start_key() -> Error {
    validation("The provided starting key is invalid")
}

pub(crate) fn start_key_schema() -> Error {
    validation("The provided starting key is invalid: The provided key element does not match the schema")
}

pub(crate) fn start_key_outside() -> Error {
    validation("The provided starting key is outside query boundaries based on provided conditions")
}

pub(crate) fn start_key_segment() -> Error {
    validation("The provided Exclusive start key is not within the segment")
}

pub(crate) fn duplicate_keys() -> Error {
    validation("Provided list of item keys contains duplicates")
}

// Conditions.

/// The item is told to who asked for it.
pub(crate) fn condition_failed(item: Option<&[(ByteString, AttributeValue)]>) -> Error {
    let sentence = CONDITION_FAILED;
    match item {
        None => Error::ConditionalCheckFailedException(sentence.into()),
        Some(item) => Error::Other(ApiError {
            members: Some(members(|e| {
                e.member("Item");
                write_item(e, item);
            })),
            ..ApiError::client("ConditionalCheckFailedException", sentence)
        }),
    }
}

/// What stands at the end of a failed condition.
pub(crate) const CONDITION_FAILED: &str = "The conditional request failed";

/// One action of a transaction that was cancelled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason {
    pub code: Option<&'static str>,
    pub message: Option<String>,
    pub item: Option<Vec<(ByteString, AttributeValue)>>,
}

pub(crate) fn cancelled(reasons: &[Reason]) -> Error {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.unwrap_or("None")).collect();
    let sentence = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let members = members(|e| {
        e.member("CancellationReasons");
        e.begin_list(anabranch_wire::ListForm::MEMBER, reasons.len());
        for reason in reasons {
            e.element();
            e.begin_structure();
            e.member("Code");
            e.string(reason.code.unwrap_or("None"));
            if let Some(message) = &reason.message {
                e.member("Message");
                e.string(message);
            }
            if let Some(item) = &reason.item {
                e.member("Item");
                write_item(e, item);
            }
            e.end_structure();
        }
        e.end_list();
    });
    Error::Other(ApiError {
        members: Some(members),
        ..ApiError::client("TransactionCanceledException", sentence)
    })
}

fn write_item(e: &mut impl Encoder, item: &[(ByteString, AttributeValue)]) {
    e.begin_map(item.len());
    for (name, value) in item {
        e.key(name);
        value.encode(e);
    }
    e.end_map();
}

/// The inside of an object.
fn members(write: impl FnOnce(&mut json::Encoder)) -> Bytes {
    let mut encoder = json::Encoder::new(BytesMut::new());
    encoder.begin_structure();
    write(&mut encoder);
    encoder.end_structure();
    let object = encoder.finish().freeze();
    object.slice(1..object.len() - 1)
}

pub(crate) fn token_reused() -> Error {
    Error::IdempotentParameterMismatchException(
        "The provided idempotency token was already used with different parameters".into(),
    )
}

// Legacy parameters.

pub(crate) fn mixed(expressions: &str, others: &str) -> Error {
    validation(format!(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
        others, expressions
    ))
}

pub(crate) fn operator_without_expected(what: &str) -> Error {
    validation(format!("ConditionalOperator cannot be used without {what}"))
}

pub(crate) fn exists_needs_value(name: &str) -> Error {
    invalid(format_args!("Value must be provided when Exists is true for Attribute: {name}"))
}

pub(crate) fn absent_takes_no_value(name: &str) -> Error {
    invalid(format_args!("Value cannot be used when Exists is false for Attribute: {name}"))
}

pub(crate) fn exists_or_value_beside_operator(name: &str, what: &str) -> Error {
    invalid(format_args!("{what} cannot be used when ComparisonOperator is specified for Attribute: {name}"))
}

pub(crate) fn operands_without_operator(name: &str) -> Error {
    invalid(format_args!(
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
    ))
}

pub(crate) fn nothing_expected(name: &str) -> Error {
    invalid(format_args!("Value must be provided when Exists is null for Attribute: {name}"))
}

pub(crate) fn operand_count(operator: &str) -> Error {
    invalid(format_args!("Invalid number of argument(s) for the {operator} ComparisonOperator"))
}

pub(crate) fn operand_kind(operator: &str, kind: Kind) -> Error {
    invalid(format_args!(
        "ComparisonOperator {operator} is not valid for {} AttributeValue type",
        kind.code()
    ))
}

pub(crate) fn operands_differ() -> Error {
    invalid("AttributeValues inside AttributeValueList must be of same type")
}

pub(crate) fn bounds_reversed() -> Error {
    validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    )
}

pub(crate) fn only_delete_without_value() -> Error {
    invalid("Only DELETE action is allowed when no attribute value is specified")
}

pub(crate) fn action_kind(action: &str, kind: Kind) -> Error {
    let told = if action == "ADD" {
        "ADD action is not supported"
    } else {
        "DELETE action with value is not supported"
    };
    invalid(format_args!("{told} for the type {}", kind.code()))
}

pub(crate) fn update_type_mismatch() -> Error {
    validation("Type mismatch for attribute to update")
}

pub(crate) fn return_values(admitted: &str) -> Error {
    validation(format!("ReturnValues can only be {admitted}"))
}

// Expressions.

/// Which parameter an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Condition,
    Update,
    Filter,
    Projection,
    KeyCondition,
}

impl Place {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Place::Condition => "ConditionExpression",
            Place::Update => "UpdateExpression",
            Place::Filter => "FilterExpression",
            Place::Projection => "ProjectionExpression",
            Place::KeyCondition => "KeyConditionExpression",
        }
    }

    /// The expression cannot be taken for this reason.
    pub fn refuse(self, sentence: impl Display) -> Error {
        validation(format!("Invalid {}: {sentence}", self.parameter()))
    }

    pub fn empty(self) -> Error {
        self.refuse("The expression can not be empty;")
    }

    pub fn too_long(self) -> Error {
        self.refuse("Expression size has exceeded the maximum allowed size;")
    }

    pub fn syntax(self, token: &str, near: &str) -> Error {
        self.refuse(format_args!("Syntax error; token: \"{token}\", near: \"{near}\""))
    }

    pub fn too_deep(self) -> Error {
        self.refuse("The expression has too many levels of nesting;")
    }

    pub fn too_many_operators(self) -> Error {
        self.refuse("The expression contains too many operators;")
    }

    pub fn reserved(self, word: &str) -> Error {
        self.refuse(format_args!("Attribute name is a reserved keyword; reserved keyword: {word}"))
    }

    pub fn undefined_value(self, name: &str) -> Error {
        self.refuse(format_args!(
            "An expression attribute value used in expression is not defined; attribute value: {name}"
        ))
    }

    pub fn undefined_name(self, name: &str) -> Error {
        self.refuse(format_args!(
            "An expression attribute name used in the document path is not defined; attribute name: {name}"
        ))
    }

    pub fn redundant_parentheses(self) -> Error {
        self.refuse("The expression has redundant parentheses;")
    }

    pub fn unknown_function(self, name: &str) -> Error {
        self.refuse(format_args!("Invalid function name; function: {name}"))
    }

    pub fn function_not_here(self, name: &str) -> Error {
        self.refuse(format_args!(
            "The function is not allowed in {} expression; function: {name}",
            match self {
                Place::Condition => "a condition",
                Place::Update => "an update",
                Place::Filter => "a filter",
                Place::Projection => "a projection",
                Place::KeyCondition => "a key condition",
            }
        ))
    }

    /// A function that says yes or no where a value must stand, or the other way round.
    pub fn misused_function(self, name: &str) -> Error {
        self.refuse(format_args!(
            "The function is not allowed to be used this way in an expression; function: {name}"
        ))
    }

    pub fn operand_count(self, function: &str, count: usize) -> Error {
        self.refuse(format_args!(
            "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
        ))
    }

    pub fn operand_kind(self, operator: &str, kind: Kind) -> Error {
        self.refuse(format_args!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
            kind.code()
        ))
    }

    /// Of ADD and DELETE.
    pub fn action_operand_kind(self, action: &str, kind: Kind) -> Error {
        self.refuse(format_args!(
            "Incorrect operand type for operator or function; operator: {action}, operand type: {}",
            kind.word()
        ))
    }

    pub fn operand_needs_value(self, function: &str) -> Error {
        self.refuse(format_args!(
            "Operator or function requires an expression attribute value; operator or function: {function}"
        ))
    }

    pub fn bounds_differ(self) -> Error {
        self.refuse("The BETWEEN operator requires same data type for lower and upper bounds;")
    }

    pub fn operand_needs_path(self, function: &str) -> Error {
        self.refuse(format_args!(
            "Operator or function requires a document path; operator or function: {function}"
        ))
    }

    pub fn operand_distinct(self, operator: &str, operand: &Path) -> Error {
        self.refuse(format_args!(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {operand}"
        ))
    }

    pub fn unknown_type(self, given: &str) -> Error {
        self.refuse(format_args!(
            "Invalid attribute type name found; type: {given}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
        ))
    }

    pub fn bounds_reversed(self) -> Error {
        self.refuse("The BETWEEN operator requires upper bound to be greater than or equal to lower bound;")
    }

    pub fn overlap(self, one: &Path, two: &Path) -> Error {
        self.refuse(format_args!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        ))
    }

    pub fn conflict(self, one: &Path, two: &Path) -> Error {
        self.refuse(format_args!(
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        ))
    }
}

pub(crate) fn section_twice(section: &str) -> Error {
    Place::Update
        .refuse(format_args!("The \"{section}\" section can only be used once in an update expression;"))
}

pub(crate) fn unused_values(keys: &str) -> Error {
    validation(format!("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{keys}}}"))
}

pub(crate) fn unused_names(keys: &str) -> Error {
    validation(format!("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{keys}}}"))
}

pub(crate) fn placeholders_without_expression(what: &str, expressions: &str) -> Error {
    validation(format!("{what} can only be specified when using expressions: {expressions}"))
}

pub(crate) fn empty_placeholders(what: &str) -> Error {
    validation(format!("{what} must not be empty"))
}

pub(crate) fn invalid_placeholder(what: &str, key: &str) -> Error {
    validation(format!("{what} contains invalid key: Syntax error; key: \"{key}\""))
}

pub(crate) fn path_invalid_for_update() -> Error {
    validation("The document path provided in the update expression is invalid for update")
}

pub(crate) fn no_such_attribute() -> Error {
    validation("The provided expression refers to an attribute that does not exist in the item")
}

pub(crate) fn operand_data_type() -> Error {
    validation("An operand in the update expression has an incorrect data type")
}

/// Ours: a commit of the catalog holds a thousand writes.
pub(crate) fn commit_too_large() -> Error {
    validation("The request changes more items and index entries at once than Anabranch can commit together")
}

// Query and Scan.

pub(crate) fn no_key_condition() -> Error {
    validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    )
}

pub(crate) fn missed_key(name: &str) -> Error {
    validation(format!("Query condition missed key schema element: {name}"))
}

pub(crate) fn key_condition_unsupported() -> Error {
    validation("Query key condition not supported")
}

pub(crate) fn key_condition_operator(operator: &str) -> Error {
    validation(format!("Invalid operator used in KeyConditionExpression: {operator}"))
}

pub(crate) fn key_condition_twice() -> Error {
    validation("KeyConditionExpressions must only contain one condition per key")
}

pub(crate) fn key_condition_nested() -> Error {
    validation("KeyConditionExpressions cannot have conditions on nested attributes")
}

pub(crate) fn key_condition_type() -> Error {
    invalid("Condition parameter type does not match schema type")
}

pub(crate) fn filter_on_key(what: &str, name: &str) -> Error {
    validation(format!("{what} can only contain non-primary key attributes: Primary key attribute: {name}"))
}

pub(crate) fn consistent_on_global_index() -> Error {
    validation("Consistent reads are not supported on global secondary indexes")
}

pub(crate) fn no_such_index(name: &str) -> Error {
    validation(format!("The table does not have the specified index: {name}"))
}

pub(crate) fn index_backfilling() -> Error {
    validation("Cannot read from backfilling global secondary index")
}

pub(crate) fn total_segments_missing() -> Error {
    validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    )
}

pub(crate) fn segment_missing() -> Error {
    validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    )
}

pub(crate) fn segment_range(segment: i32, total: i32) -> Error {
    validation(format!(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"
    ))
}

pub(crate) fn select_all_of_index(index: &str) -> Error {
    invalid(format_args!(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index {index} because its projection type is not ALL"
    ))
}

pub(crate) fn select_projected_without_index() -> Error {
    invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
}

pub(crate) fn select_specific_of_nothing() -> Error {
    invalid(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    )
}

pub(crate) fn select_beside_projection(what: &str, select: &str) -> Error {
    invalid(format_args!("Cannot specify the {what} when choosing to get {select}"))
}

pub(crate) fn not_indexable() -> Error {
    validation("Attempted conditional constraint is not an indexable operation")
}

pub(crate) fn duplicate_attribute(name: &str) -> Error {
    invalid(format_args!("Duplicate value in attribute name: {name}"))
}

// Tables.

pub(crate) fn no_such_table_for_items() -> Error {
    Error::ResourceNotFoundException("Requested resource not found".into())
}

pub(crate) fn no_such_table(name: &str) -> Error {
    Error::ResourceNotFoundException(format!("Requested resource not found: Table: {name} not found").into())
}

pub(crate) fn no_such_resource(arn: &str) -> Error {
    Error::ResourceNotFoundException(
        format!("Requested resource not found: ResourcArn: {arn} not found").into(),
    )
}

pub(crate) fn table_name_length() -> Error {
    validation("TableName must be at least 3 characters long and at most 255 characters long")
}

pub(crate) fn table_name_pattern(name: &str) -> Error {
    validation(format!(
        "1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    ))
}

pub(crate) fn table_exists(name: &str) -> Error {
    Error::ResourceInUseException(format!("Table already exists: {name}").into())
}

pub(crate) fn table_busy(name: &str, status: &str) -> Error {
    Error::ResourceInUseException(
        format!(
            "Attempt to change a resource which is still in use: Table is being {}: {name}",
            match status {
                "CREATING" => "created",
                "DELETING" => "deleted",
                _ => "updated",
            }
        )
        .into(),
    )
}

pub(crate) fn too_many_tables(max: usize) -> Error {
    Error::LimitExceededException(
        format!("Subscriber limit exceeded: There is a limit of {max} tables per subscriber").into(),
    )
}

pub(crate) fn protected() -> Error {
    validation(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    )
}

pub(crate) fn no_such_table_for_backups(sentence: &str) -> Error {
    Error::TableNotFoundException(sentence.replace("Requested resource not found: ", "").into())
}

pub(crate) fn no_key_schema() -> Error {
    invalid("Missing KeySchema")
}

pub(crate) fn key_schema_first() -> Error {
    validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
}

pub(crate) fn key_schema_second() -> Error {
    validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
}

pub(crate) fn key_schema_same() -> Error {
    validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
}

pub(crate) fn undefined_keys(keys: &str, definitions: &str) -> Error {
    invalid(format_args!(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [{keys}], AttributeDefinitions: [{definitions}]"
    ))
}

pub(crate) fn unused_definitions(keys: &str, definitions: &str) -> Error {
    invalid(format_args!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{definitions}], keys used: [{keys}]"
    ))
}

pub(crate) fn definitions_do_not_match() -> Error {
    invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    )
}

pub(crate) fn definition_twice(name: &str) -> Error {
    invalid(format_args!("Cannot have two attributes with the same name: {name}"))
}

pub(crate) fn throughput_missing() -> Error {
    invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
}

pub(crate) fn throughput_on_demand() -> Error {
    invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    )
}

pub(crate) fn index_throughput_on_demand(index: &str) -> Error {
    invalid(format_args!(
        "ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
    ))
}

pub(crate) fn index_throughput_missing(index: &str) -> Error {
    invalid(format_args!("ProvisionedThroughput must be specified for index: {index}"))
}

pub(crate) fn index_twice(name: &str) -> Error {
    invalid(format_args!("Duplicate index name: {name}"))
}

pub(crate) fn local_index_hash(index: &str) -> Error {
    invalid(format_args!(
        "Table KeySchema: The HASH key of the local secondary index {index} must be that of the table"
    ))
}

pub(crate) fn local_index_without_range(index: &str) -> Error {
    invalid(format_args!("Index KeySchema does not have a range key for index: {index}"))
}

pub(crate) fn local_index_of_hash_table() -> Error {
    invalid(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    )
}

pub(crate) fn too_many_indexes(kind: &str, count: usize, max: usize) -> Error {
    invalid(format_args!("{kind} count exceeds the per-table limit of {max}: {count}"))
}

pub(crate) fn too_many_projected(max: usize) -> Error {
    invalid(format_args!("Number of projected attributes over all secondary indexes exceeds {max}"))
}

pub(crate) fn unknown_projection() -> Error {
    invalid("Unknown ProjectionType: null")
}

pub(crate) fn projection_names(kind: &str, are_given: bool) -> Error {
    if are_given {
        invalid(format_args!("ProjectionType is {kind}, but NonKeyAttributes is specified"))
    } else {
        invalid(format_args!("ProjectionType is {kind}, but NonKeyAttributes is not specified"))
    }
}

pub(crate) fn nothing_to_update() -> Error {
    validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    )
}

pub(crate) fn throughput_unchanged(name: &str, read: i64, write: i64) -> Error {
    validation(format!(
        "The provisioned throughput for the table {name} will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}."
    ))
}

pub(crate) fn index_exists(name: &str) -> Error {
    validation(format!("Attempting to create an index which already exists: {name}"))
}

pub(crate) fn no_index_to_change(name: &str) -> Error {
    Error::ResourceNotFoundException(format!("Requested resource not found: Index: {name} not found").into())
}

pub(crate) fn one_index_at_a_time() -> Error {
    Error::LimitExceededException(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            .into(),
    )
}

pub(crate) fn index_update_of_several() -> Error {
    invalid("Only one global secondary index update per index is allowed simultaneously.")
}

pub(crate) fn duplicate_tag(key: &str) -> Error {
    validation(format!("Invalid tag: Duplicate tag key found: {key}"))
}

pub(crate) fn reserved_tag(key: &str) -> Error {
    validation(format!("Invalid tag: Tag keys starting with 'aws:' are reserved for system use: {key}"))
}

pub(crate) fn too_many_tags(max: usize) -> Error {
    validation(format!("{INVALID}Too many tags: limit is {max}"))
}

pub(crate) fn time_to_live(sentence: &str) -> Error {
    validation(sentence)
}

pub(crate) fn time_to_live_attribute(attribute: &str) -> Error {
    validation(format!(
        "TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
    ))
}

pub(crate) fn batch_too_many_writes() -> Error {
    validation("Too many items requested for the BatchWriteItem call")
}

pub(crate) fn batch_too_many_keys() -> Error {
    validation("Too many items requested for the BatchGetItem call")
}

pub(crate) fn write_request_of_one() -> Error {
    validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

pub(crate) fn transaction_action_of_one() -> Error {
    validation("TransactItems can only contain one of Check, Put, Update or Delete")
}

pub(crate) fn transaction_same_item() -> Error {
    validation("Transaction request cannot include multiple operations on one item")
}

pub(crate) fn transaction_too_large() -> Error {
    validation("Transaction request cannot exceed 4 MB")
}

pub(crate) fn not_supported(what: &str) -> Error {
    validation(format!("{what} is not supported by Anabranch"))
}
