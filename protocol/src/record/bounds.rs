//! What a record may hold at most; who keeps records checks the same bounds as who receives them.

use super::{Property, Record};
use crate::limits::{self, OutOfBounds};

impl Record {
    /// Checks the bounds that decoding does not: a name to show, and the length of each list.
    ///
    /// The length of the whole record in wire form is checked where its bytes are at hand.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let name = &self.display_name;
        // Only a name of more bytes than the bound can have more characters.
        let too_long = name.len() > limits::DISPLAY_NAME_CHARS_MAX && name.chars().count() > limits::DISPLAY_NAME_CHARS_MAX;
        if name.is_empty() || too_long {
            return Err(OutOfBounds("the display name of a record"));
        }
        if self.members.len() > limits::MEMBERS_MAX {
            return Err(OutOfBounds("the members of a household"));
        }
        if self.related.len() > limits::RELATED_MAX {
            return Err(OutOfBounds("the related items of a record"));
        }
        check_properties(&self.properties)
    }
}

/// Checks a list of properties, their parameters and values.
pub fn check_properties(properties: &[Property]) -> Result<(), OutOfBounds> {
    if properties.len() > limits::PROPERTIES_MAX {
        return Err(OutOfBounds("the properties of a record"));
    }
    for property in properties {
        if property.params.len() > limits::PARAMS_MAX {
            return Err(OutOfBounds("the parameters of a property"));
        }
        if property.params.iter().any(|param| param.values.len() > limits::PARAM_VALUES_MAX) {
            return Err(OutOfBounds("the values of a parameter"));
        }
    }
    Ok(())
}
