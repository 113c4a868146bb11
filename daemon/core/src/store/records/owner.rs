//! Who owns records.

use interoffice_protocol::ids::RecordId;

use crate::store::{SqlExt, StoreFault, Tx};

/// Gives a record to another owner.
pub fn set_owner(tx: &Tx<'_>, id: i64, owner: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE records SET owner = ?2, reminded_ms = NULL WHERE id = ?1", &[id.into(), owner.into()])?;
    Ok(())
}

/// Gives every record of a user to another, archived ones too; says which. The new owner's own grants on them go.
pub fn set_owner_of_all(tx: &Tx<'_>, from: i64, to: i64) -> Result<Vec<RecordId>, StoreFault> {
    let owned =
        tx.sql().all("SELECT record FROM records WHERE owner = ?1 ORDER BY record", &[from.into()], |row| Ok(RecordId(row.bytes(0)?)))?;
    let own = "DELETE FROM grants WHERE user_row = ?2 AND record_row IN (SELECT id FROM records WHERE owner = ?1)";
    tx.sql().execute(own, &[from.into(), to.into()])?;
    tx.sql().execute("UPDATE records SET owner = ?2, reminded_ms = NULL WHERE owner = ?1", &[from.into(), to.into()])?;
    Ok(owned)
}
