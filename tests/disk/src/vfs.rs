//! The layer between SQLite and its own way to files: every change goes past the [`Disk`] below whose folder the file lies.
//!
//! This is the only unsafe code of the workspace: SQLite asks for a table of C functions. A file outside of every disk's folder is
//! opened by SQLite's own functions into SQLite's own memory, so nothing here is called for it again.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::disk::Disk;
use crate::image::{FileId, folder_of};
use crate::state::Verdict;

/// What stands before the memory of SQLite's own file.
#[repr(C)]
struct Shell {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// An open file below a disk's folder.
struct Open {
    disk: Disk,
    file: FileId,
    /// The folder that the next sync makes durable too: SQLite does so once for each log that it opens.
    folder: Option<String>,
}

struct Under {
    real: *mut ffi::sqlite3_vfs,
    own: ffi::sqlite3_vfs,
}

// SAFETY: both structures are written once before they are shared, and SQLite allows its file layers to be called from every thread.
unsafe impl Send for Under {}
// SAFETY: as above.
unsafe impl Sync for Under {}

static UNDER: OnceLock<Under> = OnceLock::new();

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Registers the layer as the default one, once a process.
pub(crate) fn register() {
    let under = UNDER.get_or_init(|| {
        // SAFETY: a null name asks for the default layer, which SQLite keeps for as long as the process lives.
        let real = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!real.is_null(), "SQLite has a way to files");
        // SAFETY: the pointer is not null, and the structure is plain data.
        let mut own = unsafe { *real };
        own.szOsFile += size_of::<Shell>() as c_int;
        own.pNext = ptr::null_mut();
        own.zName = c"interoffice-disk".as_ptr();
        own.xOpen = Some(open);
        own.xDelete = Some(delete);
        own.xAccess = Some(access);
        own.xFullPathname = Some(full_pathname);
        Under { real, own }
    });
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let own = ptr::from_ref(&under.own).cast_mut();
        // SAFETY: the structure lies in a static and lives as long as the process; only SQLite writes to it, its `pNext`, under its lock.
        let code = unsafe { ffi::sqlite3_vfs_register(own, 1) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes a file layer");
    });
}

fn real_vfs() -> *mut ffi::sqlite3_vfs {
    UNDER.get().map_or(ptr::null_mut(), |under| under.real)
}

/// SQLite's own file, which lies behind the shell.
fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    file.cast::<u8>().wrapping_add(size_of::<Shell>()).cast()
}

/// Calls a function of SQLite's own file.
macro_rules! pass {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let real = real($file);
        // SAFETY: `open` made SQLite's own file behind the shell, its table of functions is complete, and `close` was not called yet.
        unsafe {
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

fn opened<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Open {
    // SAFETY: SQLite calls the functions of METHODS only between `open`, which stored a box here, and `close`, which takes it back; a
    // file is used by one thread at a time.
    unsafe { &mut *(*file.cast::<Shell>()).open }
}

fn path_of(name: *const c_char) -> Option<&'static Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: SQLite gives names that end with a zero and that outlive the call; no caller below keeps the path longer.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    Some(Path::new(OsStr::from_bytes(bytes)))
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let vfs = real_vfs();
    // SAFETY: the layer was found before this one was registered.
    let Some(open) = (unsafe { (*vfs).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    let found = path_of(name).and_then(|path| Disk::under(path).map(|(disk, name)| (disk, name, path)));
    let Some((disk, relative, path)) = found else {
        // SAFETY: the arguments are SQLite's, and the memory of `file` is larger than its own layer asks for.
        return unsafe { open(vfs, name, file, flags, out) };
    };
    // SAFETY: SQLite gives memory of szOsFile bytes, of which the shell is the beginning; null methods mean that nothing is to be closed.
    unsafe { (*file).pMethods = ptr::null() };
    let made = !path.exists();
    if made && flags & ffi::SQLITE_OPEN_CREATE == 0 {
        return ffi::SQLITE_CANTOPEN;
    }
    let Some(id) = disk.opened(&relative, made) else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: behind the shell lies as much memory as SQLite's own layer asks for.
    let code = unsafe { open(vfs, name, real(file), flags, out) };
    if code != ffi::SQLITE_OK {
        disk.closed();
        return code;
    }
    let log = flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
    // SQLite does so whether the log was there or not: an earlier process may have made it and died before its first sync.
    let folder = (log && flags & ffi::SQLITE_OPEN_CREATE != 0).then(|| folder_of(&relative).to_owned());
    let open = Box::into_raw(Box::new(Open { disk, file: id, folder }));
    // SAFETY: as above; the box is taken back by `close`.
    unsafe {
        (*file.cast::<Shell>()).open = open;
        (*file).pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let vfs = real_vfs();
    // SAFETY: the layer was found before this one was registered, and the arguments are SQLite's.
    let remove = || unsafe { (*vfs).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(vfs, name, sync_folder)) };
    match path_of(name).and_then(Disk::under) {
        None => remove(),
        Some((disk, relative)) => disk.delete(&relative, sync_folder != 0, remove).unwrap_or(ffi::SQLITE_IOERR_DELETE),
    }
}

unsafe extern "C" fn access(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    let vfs = real_vfs();
    // SAFETY: as in `delete`.
    unsafe { (*vfs).xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |access| access(vfs, name, flags, out)) }
}

unsafe extern "C" fn full_pathname(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, room: c_int, out: *mut c_char) -> c_int {
    let vfs = real_vfs();
    // SAFETY: as in `delete`.
    unsafe { (*vfs).xFullPathname.map_or(ffi::SQLITE_CANTOPEN, |full| full(vfs, name, room, out)) }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let code = pass!(file, xClose);
    // SAFETY: `open` stored this box, and SQLite closes a file once.
    let open = unsafe { Box::from_raw((*file.cast::<Shell>()).open) };
    open.disk.closed();
    code
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, len: c_int, at: ffi::sqlite3_int64) -> c_int {
    if opened(file).disk.reads_now() { pass!(file, xRead, to, len, at) } else { ffi::SQLITE_IOERR_READ }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, len: c_int, at: ffi::sqlite3_int64) -> c_int {
    let open = opened(file);
    // SAFETY: SQLite gives `len` bytes to be written, which is never negative.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), len as usize) };
    let verdict = open.disk.write(open.file, at as u64, bytes, |part| {
        part.is_empty() || pass!(file, xWrite, part.as_ptr().cast(), part.len() as c_int, at) == ffi::SQLITE_OK
    });
    code_of(verdict, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    let open = opened(file);
    let verdict = open.disk.cut(open.file, len as u64, || pass!(file, xTruncate, len) == ffi::SQLITE_OK);
    code_of(verdict, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // What is durable is decided by the disk's own books: the real file need not wait for any platter.
    let open = opened(file);
    let verdict = open.disk.sync_file(open.file, open.folder.as_deref());
    if matches!(verdict, Verdict::Go(_)) {
        open.folder = None;
    }
    code_of(verdict, ffi::SQLITE_IOERR_FSYNC)
}

fn code_of(verdict: Verdict, failed: c_int) -> c_int {
    match verdict {
        Verdict::Go(_) => ffi::SQLITE_OK,
        Verdict::Full => ffi::SQLITE_FULL,
        Verdict::Last(_) | Verdict::Half(_) | Verdict::Error => failed,
    }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    pass!(file, xFileSize, out)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    pass!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    pass!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    pass!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    pass!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn shm_map(file: *mut ffi::sqlite3_file, page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int {
    pass!(file, xShmMap, page, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    pass!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    let real = real(file);
    // SAFETY: as in `pass`.
    unsafe {
        if let Some(barrier) = (*(*real).pMethods).xShmBarrier {
            barrier(real);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap, delete)
}
