// Answers `pkl5 conform` with serde-pickle's Value.

use serde_json::{json, Value as Json};
use serde_pickle::{DeOptions, HashableValue, SerOptions, Value};
use std::io::{BufRead, Write};

fn unhex(text: &str) -> Vec<u8> {
    if text == "-" {
        return Vec::new();
    }
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{:02x}", b)).collect()
}

fn text(s: &str) -> Json {
    json!({"t": "str", "cp": s.chars().count(), "v": s})
}

fn bytes(b: &[u8]) -> Json {
    json!({"t": "bytes", "len": b.len(), "hex": hex(b)})
}

fn float(f: f64) -> Json {
    json!({"t": "float", "bits": format!("{:016x}", f.to_bits())})
}

fn items(kind: &str, nodes: Vec<Json>) -> Json {
    json!({"t": kind, "items": nodes})
}

fn key(k: &HashableValue) -> Json {
    match k {
        HashableValue::None => json!({"t": "none"}),
        HashableValue::Bool(b) => json!({"t": "bool", "v": b}),
        HashableValue::I64(i) => json!({"t": "int", "v": i.to_string()}),
        HashableValue::Int(i) => json!({"t": "int", "v": i.to_string()}),
        HashableValue::F64(f) => float(*f),
        HashableValue::Bytes(b) => bytes(b),
        HashableValue::String(s) => text(s),
        HashableValue::Tuple(v) => items("tuple", v.iter().map(key).collect()),
        HashableValue::FrozenSet(v) => {
            items("frozenset", v.iter().map(key).collect())
        }
    }
}

fn node(v: &Value) -> Json {
    match v {
        Value::None => json!({"t": "none"}),
        Value::Bool(b) => json!({"t": "bool", "v": b}),
        Value::I64(i) => json!({"t": "int", "v": i.to_string()}),
        Value::Int(i) => json!({"t": "int", "v": i.to_string()}),
        Value::F64(f) => float(*f),
        Value::Bytes(b) => bytes(b),
        Value::String(s) => text(s),
        Value::List(v) => items("list", v.iter().map(node).collect()),
        Value::Tuple(v) => items("tuple", v.iter().map(node).collect()),
        Value::Set(v) => items("set", v.iter().map(key).collect()),
        Value::FrozenSet(v) => items("frozenset", v.iter().map(key).collect()),
        Value::Dict(d) => {
            let pairs = d.iter().map(|(k, v)| json!([key(k), node(v)]));
            items("dict", pairs.collect())
        }
    }
}

fn dump(protocol: &str, value: &Value) -> Json {
    let options = match protocol {
        "2" => SerOptions::new().proto_v2(),
        "3" => SerOptions::new(),
        _ => return json!({"skip": "writes protocols 2 and 3"}),
    };
    match serde_pickle::value_to_vec(value, options) {
        Ok(pickle) => json!({"pickle": hex(&pickle)}),
        Err(e) => json!({"error": "malformed", "message": e.to_string()}),
    }
}

fn answer(line: &str) -> Json {
    let words: Vec<&str> = line.split(' ').collect();
    match serde_pickle::value_from_slice(&unhex(words[2]), DeOptions::new()) {
        Err(e) => json!({"error": "malformed", "message": e.to_string()}),
        Ok(value) => match words[0] {
            "accept" => json!({"accepted": true}),
            "dump" => dump(words[1], &value),
            _ => json!({"tree": node(&value)}),
        },
    }
}

fn main() {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", answer(&line.unwrap())).unwrap();
        out.flush().unwrap();
    }
}
