//! Marks on what a version of vCard demands but the record does not have, so that reading the card again takes it away.

use interoffice_protocol::record::{Param, Property};

/// Names the parameters, or with the property's own name the whole property, that were added when the card was written.
const ADDED: &str = "X-INTEROFFICE-ADDED";

/// A whole property that the card needs.
pub(super) fn added_property(name: &str, value: String) -> Property {
    let params = vec![Param { name: ADDED.to_owned(), values: vec![name.to_owned()] }];
    Property { field: super::field_of(name, &[]), name: name.to_owned(), group: String::new(), params, value }
}

/// Adds a parameter that the version needs.
pub(super) fn add_param(params: &mut Vec<Param>, name: &str, value: String) {
    params.push(Param { name: name.to_owned(), values: vec![value] });
    params.push(Param { name: ADDED.to_owned(), values: vec![name.to_owned()] });
}

/// Whether the whole property was added.
pub(super) fn is_added(property: &Property) -> bool {
    let added = property.params.iter().find(|param| param.name == ADDED);
    matches!(property.name.as_str(), "FN" | "N" | "KIND") && added.is_some_and(|mark| mark.values == [property.name.as_str()])
}

/// Takes away the parameter that was added, and the mark.
pub(super) fn remove_added_param(params: &mut Vec<Param>) {
    let [.., added, mark] = params.as_slice() else { return };
    let one = matches!(added.name.as_str(), "TYPE" | "VALUE") && added.values.len() == 1;
    if one && mark.name == ADDED && mark.values == [added.name.as_str()] {
        params.truncate(params.len() - 2);
    }
}
