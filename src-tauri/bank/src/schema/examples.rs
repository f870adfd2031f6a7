//! Examples for schemas: every field has one, and from those every payload as a whole.
//!
//! A field's own type says it best (ids, money, rates bring theirs); for the others the name of the field does, since equal
//! names mean the same throughout the bank.

use serde_json::{Map, Value, json};

/// Examples of plain texts and numbers, by the name of their field.
const BY_NAME: &[(&str, &str)] = &[
    ("address", "Hauptstrasse 12, 10827 Berlin"),
    ("approvedBy", "risk:jonas"),
    ("assessedBy", "risk:jonas"),
    ("change", "5"),
    ("changedBy", "desk:anna"),
    ("changes", "5"),
    ("clear", "Marta"),
    ("code", "insufficient_funds"),
    ("contentHash", "56b1a455dee790665d8cdb5bdf8b6bed50011bfe020f570593f57afb19a682dc"),
    ("createdBy", "desk:anna"),
    ("credits", "12"),
    ("debits", "7"),
    ("declinedBy", "risk:jonas"),
    ("description", "Owners pay in capital in EUR"),
    ("documentNumber", "L01X00T47"),
    ("dormant", "2026-03-02"),
    ("draftedBy", "treasury:maria"),
    ("email", "marta.keller@example.com"),
    ("evidence", "Death certificate 114/2026, registry office Berlin"),
    ("familyName", "Keller"),
    ("findings", "Income and address confirmed; no adverse media."),
    ("givenName", "Marta"),
    ("mask", "M***"),
    ("message", "available 12.00 EUR, requested 50.00 EUR"),
    ("note", "No match on the sanctions lists."),
    ("numerator", "4500000"),
    ("phone", "+49 30 1234567"),
    ("postedBy", "treasury:lena"),
    ("postings", "19"),
    ("proposedBy", "desk:anna"),
    ("provenance", "ECB reference rate of the day"),
    ("purpose", "Card payment, Tankstelle Westring"),
    ("quotedBy", "treasury:maria"),
    ("rationale", "Salary account, domestic payments only."),
    ("reason", "Asked for by the customer"),
    ("recordedBy", "compliance:sven"),
    ("reference", "Invoice 2026-0042"),
    ("refusedBy", "risk:jonas"),
    ("registeredBy", "desk:anna"),
    ("rejectedBy", "compliance:sven"),
    ("requestedBy", "desk:anna"),
    ("resolvedBy", "risk:jonas"),
    ("revealedTo", "compliance:sven"),
    ("reversedBy", "treasury:lena"),
    ("reviewedBy", "compliance:sven"),
    ("sealed", "x1:2nV0c0FzZQ"),
    ("status", "source-reserved"),
    ("submittedBy", "desk:anna"),
    ("text", "Salary March"),
    ("withdrawnBy", "treasury:maria"),
];

/// Gives every field of a schema an example where it has none, and the schema itself those that they add up to: one with
/// every field and, if some may be left out, one with only those that may not.
pub(super) fn complete(schema: &mut Value) {
    fill("", schema);
    let whole = compose(schema, true);
    let least = compose(schema, false);
    if let Value::Object(root) = schema {
        let examples = if whole == least { vec![whole] } else { vec![whole, least] };
        root.insert("examples".to_owned(), examples.into());
    }
}

fn fill(name: &str, schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    match object.get("type").and_then(Value::as_str) {
        Some("object") => {
            let properties = object.get_mut("properties").and_then(Value::as_object_mut);
            properties.into_iter().flatten().for_each(|(name, property)| fill(name, property));
        }
        Some("array") => {
            if let Some(items) = object.get_mut("items") {
                fill(name, items);
            }
        }
        _ => {
            if !object.contains_key("examples")
                && let Some(example) = of_field(name, object)
            {
                object.insert("examples".to_owned(), json!([example]));
            }
        }
    }
}

/// What a field without parts could hold.
fn of_field(name: &str, field: &Map<String, Value>) -> Option<Value> {
    if let Some(constant) = field.get("const") {
        return Some(constant.clone());
    }
    if let Some(Value::Array(choices)) = field.get("enum") {
        return choices.first().cloned();
    }
    match (field.get("type").and_then(Value::as_str), field.get("format").and_then(Value::as_str)) {
        (Some("boolean"), _) => Some(true.into()),
        (Some("integer"), _) => Some(field.get("minimum").and_then(Value::as_u64).unwrap_or(0).max(3).into()),
        (_, Some("date")) => Some(date(name).into()),
        (_, Some("date-time")) => Some(format!("{}T09:30:00Z", date(name)).into()),
        _ => BY_NAME.iter().find(|(field, _)| *field == name).map(|(_, example)| (*example).into()),
    }
}

/// A day; one that ends something is later than one that begins it.
fn date(name: &str) -> &'static str {
    match name {
        "birthDate" => "1988-07-14",
        "from" | "periodFrom" | "validFrom" | "openedOn" | "firstOn" => "2026-03-01",
        "through" | "accruedThrough" | "closedThrough" => "2026-03-31",
        "lastOn" | "validUntil" | "expiresAt" | "graceUntil" | "deadline" => "2027-03-01",
        "retainedUntil" => "2036-12-31",
        _ => "2026-03-02",
    }
}

/// A value made of the examples of its parts.
fn compose(schema: &Value, whole: bool) -> Value {
    if schema["type"] != "object" && schema["type"] != "array" {
        return schema["examples"][0].clone();
    }
    if schema["format"] == "money" {
        return json!({ "minor": schema["properties"]["minor"]["examples"][0], "currency": "EUR" });
    }
    if schema["type"] == "array" {
        return items(&schema["items"], whole);
    }
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let kept = properties.filter(|(name, _)| whole || required(name));
    Value::Object(kept.map(|(name, property)| (name.clone(), compose(property, whole))).collect())
}

/// One item, or the two legs that balance each other.
fn items(item: &Value, whole: bool) -> Value {
    let one = compose(item, whole);
    if item["properties"]["side"].is_null() {
        return json!([one]);
    }
    let leg = |account: &str, side: &str| {
        let mut leg = one.clone();
        leg["account"] = account.into();
        leg["side"] = side.into();
        leg
    };
    json!([leg("gl:vault-cash", "debit"), leg("account:100234", "credit")])
}
