/* A disk that misbehaves when told to. Loaded into the server with LD_PRELOAD, it stands between
 * the server and the calls that make a file safe; disk.py is its other side.
 *
 * DISK_ORDERS names a file of 64-bit numbers, `struct orders`, which both sides have mapped.
 * DISK_NOTES names a file that gets one line for each sync, written when that has succeeded:
 *
 *     name inode bytes begun_ns ended_ns
 *
 * `bytes` being the file's length before the sync began: so much is on the disk for certain.
 *
 * Steps are the calls that a rewrite of the append-only file is made of, before and after each:
 * all that the thread "aof-rewrite" does with files, and what the thread "aof" does with the
 * fresh file, with names and with directories.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NOTHING, KILL, FAIL };
enum { BEFORE, AFTER };

static struct orders {
    int64_t slow_ms;     /* each sync takes so much longer */
    int64_t hang;        /* no sync returns while this is not 0 */
    int64_t fail_syncs;  /* so many syncs of the append-only file are still to fail */
    int64_t failed;      /* how many calls have failed because of an order */
    int64_t step;        /* steps so far */
    int64_t at_step;     /* at this step... */
    int64_t action;      /* ...this is done: KILL or FAIL */
    int64_t call;        /* the first letters of that step's call */
    int64_t full;        /* if not 0, only so many bytes less one still fit into the log's files */
} nothing, *orders = &nothing;

static int notes = -1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("DISK_ORDERS");
    int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR) : -1;
    if (file >= 0) {
        void *memory = mmap(0, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED)
            orders = memory;
    }
    path = getenv("DISK_NOTES");
    if (path)
        notes = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int is_thread(const char *name)
{
    char own[17] = "";
    prctl(PR_GET_NAME, own);
    return !strcmp(own, name);
}

static void path_of(int file, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    path[length > 0 ? length : 0] = 0;
}

static int ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), rest = strlen(end);
    return length >= rest && !strcmp(text + length - rest, end);
}

static int is_fresh(int file)
{
    char path[4096];
    path_of(file, path, sizeof path);
    return ends_in(path, ".rewrite");
}

/* Whether a call that is or is not about the fresh file is a step. */
static int is_step(int about_fresh_file)
{
    if (!orders->at_step)
        return 0;
    return is_thread("aof-rewrite") || (about_fresh_file && is_thread("aof"));
}

/* What has been ordered for the step that comes now. */
static int64_t step(const char *call)
{
    int64_t number = __atomic_add_fetch(&orders->step, 1, __ATOMIC_SEQ_CST);
    if (number != orders->at_step)
        return NOTHING;
    snprintf((char *)&orders->call, sizeof orders->call, "%.7s", call);
    return orders->action;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Whether the call is to fail. */
static int enter(const char *call)
{
    int64_t action = step(call);
    if (action == KILL)
        die();
    if (action == FAIL) {
        orders->failed++;
        errno = EIO;
    }
    return action == FAIL;
}

static void leave(const char *call)
{
    if (step(call) == KILL)
        die();
}

/* A step around a call: the value is the call's, or -1 if it is to fail. */
#define STEP(name, about_fresh_file, arguments)          \
    do {                                                 \
        if (!is_step(about_fresh_file))                  \
            return REAL(name) arguments;                 \
        if (enter(#name))                                \
            return -1;                                   \
        __typeof__(REAL(name) arguments) value = REAL(name) arguments; \
        int error = errno;                               \
        leave(#name);                                    \
        errno = error;                                   \
        return value;                                    \
    } while (0)

static void pause_ms(int64_t milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, 0);
}

/* The kernel tells an error of the disk once to each descriptor that was open then. Here the one
 * of the thread "aof" counts; the others hear of it as long as that has not. */
static int is_to_fail(const char *path)
{
    if (orders->fail_syncs <= 0 || !ends_in(path, ".aof"))
        return 0;
    if (is_thread("aof")) {
        orders->fail_syncs--;
        orders->failed++;
    }
    return 1;
}

static void note(const char *path, const struct stat *status, int64_t begun)
{
    const char *name = strrchr(path, '/');
    char line[512];
    int length = snprintf(line, sizeof line, "%.200s %llu %lld %lld %lld\n", name ? name + 1 : path,
                          (unsigned long long)status->st_ino, (long long)status->st_size,
                          (long long)begun, (long long)now_ns());
    if (notes >= 0)
        syscall(SYS_write, notes, line, length);
}

static int sync_with(int (*sync)(int), int file)
{
    char path[4096];
    struct stat status;
    int64_t begun = now_ns();
    path_of(file, path, sizeof path);
    fstat(file, &status);
    pause_ms(orders->slow_ms);
    while (orders->hang)
        pause_ms(10);
    if (is_to_fail(path)) {
        errno = EIO;
        return -1;
    }
    int result = sync(file);
    if (result == 0)
        note(path, &status, begun);
    return result;
}

static int fsync_now(int file)
{
    return sync_with(REAL(fsync), file);
}

static int fdatasync_now(int file)
{
    return sync_with(REAL(fdatasync), file);
}

static int is_fresh_or_directory(int file)
{
    struct stat status;
    return is_fresh(file) || (fstat(file, &status) == 0 && S_ISDIR(status.st_mode));
}

int fsync(int file)
{
    if (!is_step(is_fresh_or_directory(file)))
        return fsync_now(file);
    if (enter("fsync"))
        return -1;
    int result = fsync_now(file);
    leave("fsync");
    return result;
}

int fdatasync(int file)
{
    return fdatasync_now(file);
}

/* How many of `count` bytes still fit into a file; if none do, the call is to fail. */
static size_t room(int file, size_t count)
{
    char path[4096];
    if (!orders->full || !count)
        return count;
    path_of(file, path, sizeof path);
    if (!ends_in(path, ".aof") && !ends_in(path, ".rewrite"))
        return count;
    int64_t left = orders->full - 1;
    if (left <= 0) {
        errno = ENOSPC;
        return 0;
    }
    count = left < (int64_t)count ? (size_t)left : count;
    orders->full -= count;
    return count;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    size_t wanted = count;
    if (!(count = room(file, count)) && wanted)
        return -1;
    /* Most writes go to sockets, which shall not be slowed. */
    if (!orders->at_step)
        return REAL(write)(file, bytes, count);
    STEP(write, is_fresh(file), (file, bytes, count));
}

static size_t length_of(const struct iovec *pieces, int count)
{
    size_t bytes = 0;
    while (count-- > 0)
        bytes += pieces++->iov_len;
    return bytes;
}

ssize_t writev(int file, const struct iovec *pieces, int count)
{
    struct iovec first;
    if (orders->full && count > 0) {
        /* A part of the first piece is enough of a short write. */
        size_t wanted = length_of(pieces, count), fits = room(file, wanted);
        if (!fits && wanted)
            return -1;
        if (fits < wanted && pieces->iov_len) {
            first = *pieces;
            first.iov_len = first.iov_len < fits ? first.iov_len : fits;
            pieces = &first;
            count = 1;
        }
    }
    if (!orders->at_step)
        return REAL(writev)(file, pieces, count);
    STEP(writev, is_fresh(file), (file, pieces, count));
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;
    va_start(more, flags);
    if (flags & (O_CREAT | O_TMPFILE))
        mode = va_arg(more, mode_t);
    va_end(more);
    /* Among what the thread "aof" opens are the directory and, to copy its rest, the old file. */
    STEP(open64, 1, (path, flags, mode));
}

int rename(const char *from, const char *to)
{
    STEP(rename, 1, (from, to));
}

int unlink(const char *path)
{
    STEP(unlink, 1, (path));
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count,
                        unsigned flags)
{
    size_t wanted = count;
    if (!(count = room(to, count)) && wanted)
        return -1;
    STEP(copy_file_range, is_fresh(to), (from, from_at, to, to_at, count, flags));
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t count)
{
    size_t wanted = count;
    if (!(count = room(to, count)) && wanted)
        return -1;
    STEP(sendfile64, is_fresh(to), (to, from, at, count));
}
