package sqldb

import (
	"errors"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite writes its log page by page, each with two calls of the system: for a
// head of 24 bytes and for the content. A commit here is a hundred pages, so
// these calls cost more than the disk. The writer's connection therefore opens
// its files through a VFS that joins what it writes to the log side by side, and
// hands it over before the log is synced, read, cut, measured or closed.
//
// This is right because of synchronous=FULL: SQLite then syncs the log before it
// tells other connections, in shared memory, that the commit is there. A write
// that fails does so at the sync, and the commit with it.

// joinedVFS is the name of the VFS.
const joinedVFS = "kabinet"

// joinedSize is how many bytes of the log are handed over at a time at most: 31
// pages with their heads. SQLite's own code writes less than 128 KiB at a time.
const joinedSize = 31 * (4096 + 24)

// registerJoined makes the VFS known to SQLite, which keeps one list of them a
// process.
var registerJoined = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	base := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(joinedVFS)
	if base == 0 || err != nil {
		return errors.New("SQLite has no way to open files")
	}
	size := libc.Tsize_t(unsafe.Sizeof(joinedFS{}))
	made := libc.Xcalloc(tls, 1, size)
	if made == 0 {
		return errors.New("no memory for opening SQLite")
	}
	fs := at[joinedFS](made)
	fs.Tsqlite3_vfs, fs.base = *at[sqlite3.Tsqlite3_vfs](base), base
	fs.FzName, fs.FxOpen = name, callable(joinedOpen)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, made, 0); rc != sqlite3.SQLITE_OK {
		return errors.New("SQLite refuses another way to open files")
	}
	return nil
})

// joinedFS is the VFS: the one of the system, but for how files are opened. It
// lies in memory of SQLite, as joinedLog does.
type joinedFS struct {
	sqlite3.Tsqlite3_vfs
	base uintptr // of the system
}

// joinedLog stands in place of the methods of the log's file; joinedSize bytes
// follow it.
type joinedLog struct {
	sqlite3.Tsqlite3_io_methods
	real  uintptr // methods of the system
	start int64   // in the file, of the bytes that wait
	n     int32   // bytes that wait
}

const joinedHead = unsafe.Sizeof(joinedLog{})

func joinedOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	base := at[joinedFS](vfs).base
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](base).FxOpen)
	if rc := open(tls, base, name, file, flags, out); rc != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	made := libc.Xcalloc(tls, 1, libc.Tsize_t(joinedHead+joinedSize))
	if made == 0 {
		return sqlite3.SQLITE_OK // written as SQLite does
	}
	f, l := at[sqlite3.Tsqlite3_file](file), at[joinedLog](made)
	l.real, l.Tsqlite3_io_methods = f.FpMethods, *at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	l.FxWrite, l.FxRead, l.FxSync = callable(joinedWrite), callable(joinedRead), callable(joinedSync)
	l.FxTruncate, l.FxFileSize, l.FxClose = callable(joinedTruncate), callable(joinedFileSize), callable(joinedClose)
	f.FpMethods = made
	return sqlite3.SQLITE_OK
}

func joinedWrite(tls *libc.TLS, file, from uintptr, size int32, start int64) int32 {
	l := logOf(file)
	if l.n > 0 && (start != l.start+int64(l.n) || l.n+size > joinedSize) {
		if rc := l.handOver(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if size > joinedSize {
		return l.write(tls, file, from, size, start)
	}
	if l.n == 0 {
		l.start = start
	}
	libc.Xmemcpy(tls, l.waiting()+uintptr(l.n), from, libc.Tsize_t(size))
	l.n += size
	return sqlite3.SQLITE_OK
}

func joinedRead(tls *libc.TLS, file, to uintptr, size int32, start int64) int32 {
	l := logOf(file)
	if rc := l.handOver(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](l.methods().FxRead)(tls, file, to, size, start)
}

func joinedSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	l := logOf(file)
	if rc := l.handOver(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, int32) int32](l.methods().FxSync)(tls, file, flags)
}

func joinedTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	l := logOf(file)
	if rc := l.handOver(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, int64) int32](l.methods().FxTruncate)(tls, file, size)
}

func joinedFileSize(tls *libc.TLS, file, to uintptr) int32 {
	l := logOf(file)
	if rc := l.handOver(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr) int32](l.methods().FxFileSize)(tls, file, to)
}

// joinedClose hands over what waits, which is never part of a commit, and gives
// the file back to the methods of the system.
func joinedClose(tls *libc.TLS, file uintptr) int32 {
	f, l := at[sqlite3.Tsqlite3_file](file), logOf(file)
	written := l.handOver(tls, file)
	made := f.FpMethods
	f.FpMethods = l.real
	rc := function[func(*libc.TLS, uintptr) int32](l.methods().FxClose)(tls, file)
	libc.Xfree(tls, made)
	if rc == sqlite3.SQLITE_OK {
		return written
	}
	return rc
}

// handOver writes what waits. What cannot be written is dropped: the transaction
// that it belongs to fails.
func (l *joinedLog) handOver(tls *libc.TLS, file uintptr) int32 {
	n := l.n
	if n == 0 {
		return sqlite3.SQLITE_OK
	}
	l.n = 0
	return l.write(tls, file, l.waiting(), n, l.start)
}

func (l *joinedLog) write(tls *libc.TLS, file, from uintptr, size int32, start int64) int32 {
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](l.methods().FxWrite)(tls, file, from, size, start)
}

func (l *joinedLog) methods() *sqlite3.Tsqlite3_io_methods {
	return at[sqlite3.Tsqlite3_io_methods](l.real)
}

// waiting is where the bytes that wait lie.
func (l *joinedLog) waiting() uintptr {
	return uintptr(unsafe.Pointer(l)) + joinedHead //nolint:gosec // behind the head, in the same piece of memory
}

func logOf(file uintptr) *joinedLog {
	return at[joinedLog](at[sqlite3.Tsqlite3_file](file).FpMethods)
}

// callable is how SQLite, translated to Go, holds a function; function is the
// way back.
func callable(f any) uintptr {
	return (*[2]uintptr)(unsafe.Pointer(&f))[1] //nolint:gosec // as the translation of SQLite does it
}

func function[F any](p uintptr) F {
	return *(*F)(unsafe.Pointer(&p)) //nolint:gosec // p comes from callable or from SQLite
}
