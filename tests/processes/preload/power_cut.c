/*
 * Remembers what a program did not make durable, so that its files can be brought back to what a disk may hold after the
 * power went. Loaded into a program by LD_PRELOAD.
 *
 * POWER_CUT_FOLDER  files below this folder are watched; absolute, without a slash at the end
 * POWER_CUT_KEEP    folder on the same file system, outside of it: the journal, and names of files that were removed
 * POWER_CUT_AFTER   the program is killed when it has made so many changes and syncs; 0 or nothing for never
 * POWER_CUT_NAMES   when set, only changes of names and syncs of folders count for that
 *
 * Before each change the journal gets what undoes it: the bytes that a write covers, the length and the end that a
 * truncation takes away, the file behind a name that is removed or replaced. Whatever a sync makes durable is noted too,
 * and the real sync is left out: only who undoes the journal decides what was lost. A journal that ends in the middle
 * of a record belongs to a change that did not begin. tests/processes/lost_writes.rs reads it.
 *
 * A file is durable by fsync or fdatasync of itself, a name by fsync of its folder. SQLite's -shm files are not watched:
 * they are memory, and are gone after a power cut. What is not understood here ends the program, loudly.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, LENGTH, SYNC, CREATE, UNLINK, RENAME, SYNC_FOLDER, FOLDER };

/* One record of the journal, followed by both names and the old bytes. */
struct record {
    uint32_t magic, kind;
    uint64_t inode, offset, covered, old_length, new_length, grave;
    uint32_t name, other, bytes, reserved;
};

#define MAGIC 0x50435554u
#define WATCHED_MAX 65536u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *folder, *keep;
static int journal = -1;
static uint64_t graves, changes, limit;
static int only_names;
static ino_t watched[WATCHED_MAX];

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_link)(const char *, const char *);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_rmdir)(const char *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_fallocate)(int, int, off_t, off_t);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static ssize_t (*real_copy)(int, off_t *, int, off_t *, size_t, unsigned);

static void die(const char *what, const char *about) {
    dprintf(2, "power_cut: %s: %s (%s)\n", what, about, strerror(errno));
    abort();
}

static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_link = dlsym(RTLD_NEXT, "link");
    real_mkdir = dlsym(RTLD_NEXT, "mkdir");
    real_rmdir = dlsym(RTLD_NEXT, "rmdir");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_fallocate = dlsym(RTLD_NEXT, "fallocate64");
    real_mmap = dlsym(RTLD_NEXT, "mmap64");
    real_copy = dlsym(RTLD_NEXT, "copy_file_range");
    folder = getenv("POWER_CUT_FOLDER");
    keep = getenv("POWER_CUT_KEEP");
    if (!folder || !keep) return;
    if (getenv("POWER_CUT_AFTER")) limit = strtoull(getenv("POWER_CUT_AFTER"), NULL, 10);
    only_names = getenv("POWER_CUT_NAMES") != NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/journal", keep);
    journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) die("the journal does not open", path);
}

static void enter(void) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
}

static void leave(void) {
    int kept = errno;
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void append(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t done = real_write(journal, at, length);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) die("the journal can't be written", keep);
        at += done;
        length -= (size_t)done;
    }
}

/* Writes a record with its names and, from `fd`, the old bytes at `from`. */
static void note(struct record record, const char *name, const char *other, int fd, uint64_t from, uint64_t bytes) {
    /* Killed between two changes: the one before may be torn, since it was not synced. */
    int counts = !only_names || (record.kind != WRITE && record.kind != LENGTH && record.kind != SYNC);
    if (limit > 0 && counts && ++changes > limit) kill(getpid(), SIGKILL);
    record.magic = MAGIC;
    record.name = name ? (uint32_t)strlen(name) : 0;
    record.other = other ? (uint32_t)strlen(other) : 0;
    record.bytes = (uint32_t)bytes;
    size_t names = record.name + record.other, whole = sizeof record + names + bytes, filled = 0;
    char *buffer = malloc(whole);
    if (!buffer) die("no memory for a record", keep);
    memcpy(buffer, &record, sizeof record);
    if (name) memcpy(buffer + sizeof record, name, record.name);
    if (other) memcpy(buffer + sizeof record + record.name, other, record.other);
    while (filled < bytes) {
        ssize_t got = pread(fd, buffer + sizeof record + names + filled, bytes - filled, (off_t)(from + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) die("the old bytes can't be read", name ? name : "a file");
        filled += (size_t)got;
    }
    append(buffer, whole);
    free(buffer);
}

/* Whether a path is watched; `whole` gets it in full. */
static int path_is_watched(int at, const char *path, char *whole) {
    if (journal < 0 || !path) return 0;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX], link[64];
        if (at == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return 0;
            base[length] = 0;
        }
        if ((size_t)snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    size_t length = strlen(folder), full = strlen(whole);
    if (strncmp(whole, folder, length) != 0 || whole[length] != '/') return 0;
    return !(full > 4 && strcmp(whole + full - 4, "-shm") == 0);
}

static void watch(ino_t inode) {
    for (unsigned step = 0; step < WATCHED_MAX; step++) {
        ino_t *slot = &watched[(inode + step) % WATCHED_MAX];
        if (*slot == inode) return;
        if (*slot == 0) {
            *slot = inode;
            return;
        }
    }
    die("too many files", folder);
}

/* Whether the file behind `fd` is watched. Inodes stay taken, since a removed file keeps a name among the graves. */
static int fd_is_watched(int fd, struct stat *status) {
    if (journal < 0 || fd == journal || fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) return 0;
    for (unsigned step = 0; step < WATCHED_MAX; step++) {
        ino_t slot = watched[(status->st_ino + step) % WATCHED_MAX];
        if (slot == status->st_ino) return 1;
        if (slot == 0) return 0;
    }
    return 0;
}

static void before_write(int fd, const struct stat *status, uint64_t offset, uint64_t covered) {
    uint64_t length = (uint64_t)status->st_size, end = offset + covered;
    uint64_t bytes = offset >= length ? 0 : (end < length ? end : length) - offset;
    struct record record = {.kind = WRITE, .inode = status->st_ino, .offset = offset, .covered = covered, .old_length = length,
                            .new_length = end > length ? end : length};
    note(record, NULL, NULL, fd, offset, bytes);
}

static void before_length(int fd, const struct stat *status, uint64_t length) {
    uint64_t old = (uint64_t)status->st_size;
    struct record record = {.kind = LENGTH, .inode = status->st_ino, .offset = length, .old_length = old, .new_length = length};
    /* The descriptor may be for writing only. */
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int reader = length < old ? real_open(link, O_RDONLY | O_CLOEXEC) : -1;
    if (length < old && reader < 0) die("a file can't be read before it is cut", link);
    note(record, NULL, NULL, reader, length, length < old ? old - length : 0);
    if (reader >= 0) close(reader);
}

/* Opens for reading beside `fd`, which may be for writing only, and notes what a write covers. */
static void around_write(int fd, const struct stat *status, off_t offset, size_t covered) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int reader = real_open(link, O_RDONLY | O_CLOEXEC);
    if (reader < 0) die("a file can't be read before it is written", link);
    before_write(reader, status, (uint64_t)offset, covered);
    close(reader);
}

static off_t position(int fd, const struct stat *status) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_APPEND) ? status->st_size : lseek(fd, 0, SEEK_CUR);
}

static size_t sum(const struct iovec *parts, int count) {
    size_t all = 0;
    for (int index = 0; index < count; index++) all += parts[index].iov_len;
    return all;
}

/* Gives the file behind a name another name among the graves; 0 when there is none. */
static uint64_t bury(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    char grave[PATH_MAX];
    uint64_t number = ((uint64_t)getpid() << 24) + ++graves;
    snprintf(grave, sizeof grave, "%s/%llu", keep, (unsigned long long)number);
    if (real_link(path, grave) != 0) die("a file can't be kept", path);
    return number;
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    pthread_once(&once, start);
    if (!path_is_watched(at, path, whole)) return real_openat(at, path, flags, mode);
    enter();
    struct stat status;
    int there = lstat(whole, &status) == 0;
    if (!there && (flags & O_CREAT)) note((struct record){.kind = CREATE}, whole, NULL, -1, 0, 0);
    int fd = real_openat(at, path, flags & ~O_TRUNC, mode);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        watch(status.st_ino);
        if ((flags & O_TRUNC) && status.st_size > 0) {
            before_length(fd, &status, 0);
            if (real_ftruncate(fd, 0) != 0) die("a file can't be cut", whole);
        }
    }
    leave();
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                                                                                               \
    int name(const char *path, int flags, ...) {                                                                                 \
        va_list rest;                                                                                                            \
        va_start(rest, flags);                                                                                                   \
        mode_t mode = mode_of(flags, rest);                                                                                      \
        va_end(rest);                                                                                                            \
        return open_at(AT_FDCWD, path, flags, mode);                                                                             \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                             \
    int name(int at, const char *path, int flags, ...) {                                                                         \
        va_list rest;                                                                                                            \
        va_start(rest, flags);                                                                                                   \
        mode_t mode = mode_of(flags, rest);                                                                                      \
        va_end(rest);                                                                                                            \
        return open_at(at, path, flags, mode);                                                                                   \
    }
OPENAT(openat)
OPENAT(openat64)

int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

ssize_t write(int fd, const void *bytes, size_t length) {
    struct stat status;
    enter();
    if (fd_is_watched(fd, &status)) around_write(fd, &status, position(fd, &status), length);
    else {
        leave();
        return real_write(fd, bytes, length);
    }
    ssize_t done = real_write(fd, bytes, length);
    leave();
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct stat status;
    enter();
    if (fd_is_watched(fd, &status)) around_write(fd, &status, position(fd, &status), sum(parts, count));
    else {
        leave();
        return real_writev(fd, parts, count);
    }
    ssize_t done = real_writev(fd, parts, count);
    leave();
    return done;
}

#define PWRITE(name)                                                                                                             \
    ssize_t name(int fd, const void *bytes, size_t length, off_t offset) {                                                       \
        struct stat status;                                                                                                      \
        enter();                                                                                                                 \
        if (fd_is_watched(fd, &status)) around_write(fd, &status, offset, length);                                               \
        ssize_t done = real_pwrite(fd, bytes, length, offset);                                                                   \
        leave();                                                                                                                 \
        return done;                                                                                                             \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                                                            \
    ssize_t name(int fd, const struct iovec *parts, int count, off_t offset) {                                                   \
        struct stat status;                                                                                                      \
        enter();                                                                                                                 \
        if (fd_is_watched(fd, &status)) around_write(fd, &status, offset, sum(parts, count));                                    \
        ssize_t done = real_pwritev(fd, parts, count, offset);                                                                   \
        leave();                                                                                                                 \
        return done;                                                                                                             \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define FTRUNCATE(name)                                                                                                          \
    int name(int fd, off_t length) {                                                                                             \
        struct stat status;                                                                                                      \
        enter();                                                                                                                 \
        if (fd_is_watched(fd, &status)) before_length(fd, &status, (uint64_t)length);                                            \
        int done = real_ftruncate(fd, length);                                                                                   \
        leave();                                                                                                                 \
        return done;                                                                                                             \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

/* Room that is allocated counts as a new length and nothing else; holes that are punched are not understood. */
#define FALLOCATE(name, unused)                                                                                                  \
    int name(int fd, int how, off_t offset, off_t length) {                                                                      \
        struct stat status;                                                                                                      \
        enter();                                                                                                                 \
        if (fd_is_watched(fd, &status)) {                                                                                        \
            if (how != 0) die("fallocate", "with a mode");                                                                       \
            if (offset + length > status.st_size) before_length(fd, &status, (uint64_t)(offset + length));                       \
        }                                                                                                                        \
        int done = real_fallocate(fd, how, offset, length);                                                                      \
        leave();                                                                                                                 \
        return done;                                                                                                             \
    }
FALLOCATE(fallocate, )
FALLOCATE(fallocate64, )

static int sync_of(int fd, int (*real)(int)) {
    struct stat status;
    char link[64], path[PATH_MAX], inside[PATH_MAX + 2];
    enter();
    int noted = 0;
    if (fd_is_watched(fd, &status)) {
        note((struct record){.kind = SYNC, .inode = status.st_ino}, NULL, NULL, -1, 0, 0);
        noted = 1;
    } else if (journal >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 0) {
            path[length] = 0;
            snprintf(inside, sizeof inside, "%s/", path);
            if (strncmp(inside, folder, strlen(folder)) == 0) {
                note((struct record){.kind = SYNC_FOLDER}, path, NULL, -1, 0, 0);
                noted = 1;
            }
        }
    }
    leave();
    return noted ? 0 : real(fd);
}

int fsync(int fd) {
    pthread_once(&once, start);
    return sync_of(fd, real_fsync);
}

int fdatasync(int fd) {
    pthread_once(&once, start);
    return sync_of(fd, real_fdatasync);
}

static int rename_at(int from_at, const char *from, int to_at, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    pthread_once(&once, start);
    int out = path_is_watched(from_at, from, old), in = path_is_watched(to_at, to, new);
    if (out != in) die("a file is moved over the border of the folder", from);
    if (!out) return from_at == AT_FDCWD && to_at == AT_FDCWD ? real_rename(from, to) : (die("renameat", from), -1);
    enter();
    struct stat status;
    if (lstat(old, &status) == 0 && !S_ISREG(status.st_mode)) die("something else than a file is renamed", old);
    note((struct record){.kind = RENAME, .grave = bury(new)}, old, new, -1, 0, 0);
    int done = real_rename(old, new);
    leave();
    return done;
}

int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_at(from_at, from, to_at, to); }

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    if (flags != 0) die("renameat2 with flags", from);
    return rename_at(from_at, from, to_at, to);
}

static int unlink_at(int at, const char *path) {
    char whole[PATH_MAX];
    pthread_once(&once, start);
    int is = path_is_watched(at, path, whole);
    if (!is && at != AT_FDCWD && path[0] != '/') die("unlinkat", path);
    if (!is) return real_unlink(path);
    enter();
    uint64_t grave = bury(whole);
    if (grave) note((struct record){.kind = UNLINK, .grave = grave}, whole, NULL, -1, 0, 0);
    int done = real_unlink(whole);
    leave();
    return done;
}

int unlink(const char *path) { return unlink_at(AT_FDCWD, path); }

int unlinkat(int at, const char *path, int flags) { return flags & AT_REMOVEDIR ? rmdir(path) : unlink_at(at, path); }

int link(const char *from, const char *to) {
    char whole[PATH_MAX];
    pthread_once(&once, start);
    if (path_is_watched(AT_FDCWD, to, whole)) die("a second name for a file", to);
    return real_link(from, to);
}

int mkdir(const char *path, mode_t mode) {
    char whole[PATH_MAX];
    struct stat status;
    pthread_once(&once, start);
    if (!path_is_watched(AT_FDCWD, path, whole) || lstat(whole, &status) == 0) return real_mkdir(path, mode);
    enter();
    note((struct record){.kind = FOLDER}, whole, NULL, -1, 0, 0);
    int done = real_mkdir(path, mode);
    leave();
    return done;
}

int rmdir(const char *path) {
    char whole[PATH_MAX];
    pthread_once(&once, start);
    if (path_is_watched(AT_FDCWD, path, whole)) die("a folder is removed", path);
    return real_rmdir(path);
}

/* A file that is written through memory escapes the journal. */
#define MMAP(name)                                                                                                               \
    void *name(void *at, size_t length, int rights, int flags, int fd, off_t offset) {                                           \
        struct stat status;                                                                                                      \
        pthread_once(&once, start);                                                                                              \
        if (fd >= 0 && (flags & MAP_SHARED) && (rights & PROT_WRITE) && fd_is_watched(fd, &status))                              \
            die("mmap", "a watched file is mapped for writing");                                                                 \
        return real_mmap(at, length, rights, flags, fd, offset);                                                                 \
    }
MMAP(mmap)
MMAP(mmap64)

ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
    struct stat status;
    pthread_once(&once, start);
    if (fd_is_watched(to, &status)) {
        errno = ENOSYS;
        return -1;
    }
    return real_copy(from, from_at, to, to_at, length, flags);
}
