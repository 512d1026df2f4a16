package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A query of a page takes SQLite a few microseconds, and database/sql with its
// driver as many again for every row: names and types of columns, a box for
// every value. So this package speaks to SQLite itself, as C programs do. What
// it does not need is not here: one statement at a time on a connection, text
// and numbers and bytes.

// lite is a connection to SQLite, for one goroutine at a time.
type lite struct {
	tls   *libc.TLS
	db    uintptr
	stmts map[string]*liteStmt

	scratch uintptr // memory for arguments, which SQLite reads while a statement runs
	size    int
}

// liteStmt is a prepared statement.
type liteStmt struct {
	c    *lite
	p    uintptr
	args []int // which argument each parameter takes
	need int   // arguments
	cols int
	busy bool // its rows are being read
}

// liteError is a refusal of SQLite.
type liteError struct {
	code int32 // extended
	text string
}

func (e *liteError) Error() string { return e.text + " (" + strconv.Itoa(int(e.code)) + ")" }

// openLite opens a connection through a VFS, "" for the usual one, and sets it up
// by pragmas, given as "name=value".
func openLite(path, vfs string, pragmas ...string) (*lite, error) {
	c := &lite{tls: libc.NewTLS(), stmts: map[string]*liteStmt{}}
	name, err := libc.CString(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	defer libc.Xfree(c.tls, name)
	way := uintptr(0)
	if vfs != "" {
		if way, err = libc.CString(vfs); err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		defer libc.Xfree(c.tls, way)
	}
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, out, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE|sqlite3.SQLITE_OPEN_NOMUTEX, way)
	c.db = *at[uintptr](out)
	if err = c.fault(rc); err == nil {
		sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, 5000)
		for _, p := range pragmas {
			if _, err = c.run("PRAGMA "+p, nil); err != nil {
				break
			}
		}
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return c, nil
}

// fault returns the error that a call ended with, nil when it went well.
func (c *lite) fault(rc int32) error {
	if rc == sqlite3.SQLITE_OK {
		return nil
	}
	if c.db == 0 {
		return &liteError{rc, "SQLite does not open"}
	}
	return &liteError{sqlite3.Xsqlite3_extended_errcode(c.tls, c.db), libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

func (c *lite) close() {
	for _, s := range c.stmts {
		sqlite3.Xsqlite3_finalize(c.tls, s.p)
	}
	if c.db != 0 {
		sqlite3.Xsqlite3_close_v2(c.tls, c.db)
	}
	libc.Xfree(c.tls, c.scratch)
	c.tls.Close()
}

// prepare keeps a statement per text: parsing costs as much as running most of
// them. Texts come from code, so there are a few hundred.
func (c *lite) prepare(query string) (*liteStmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	text, err := libc.CString(steady(query))
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	out := c.tls.Alloc(16)
	defer c.tls.Free(16)
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, out, out+8)
	if err := c.fault(rc); err != nil {
		return nil, err
	}
	s := &liteStmt{c: c, p: *at[uintptr](out)}
	rest := strings.TrimSpace(libc.GoString(*at[uintptr](out + 8)))
	if s.p == 0 || rest != "" {
		sqlite3.Xsqlite3_finalize(c.tls, s.p)
		return nil, fmt.Errorf("not one statement: %s", query)
	}
	s.cols = int(sqlite3.Xsqlite3_column_count(c.tls, s.p))
	// SQLite numbers parameters as they come; their names tell which argument
	// they take.
	for i := range sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.p) {
		name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(c.tls, s.p, i+1))
		n, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || n < 1 {
			sqlite3.Xsqlite3_finalize(c.tls, s.p)
			return nil, fmt.Errorf("parameter %q is not $1, $2: %s", name, query)
		}
		s.args, s.need = append(s.args, n-1), max(s.need, n)
	}
	c.stmts[query] = s
	return s, nil
}

// start makes a statement ready to run with its arguments.
func (c *lite) start(query string, args []any) (*liteStmt, error) {
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if s.busy {
		return nil, fmt.Errorf("a statement is run while its rows are read: %s", query)
	}
	if len(args) != s.need {
		return nil, fmt.Errorf("%d arguments for %d: %s", len(args), s.need, query)
	}
	if err := s.bind(args); err != nil {
		return nil, fmt.Errorf("%w: %s", err, query)
	}
	return s, nil
}

// bind hands over the arguments. Their bytes lie in the connection's scratch
// memory until the statement ends.
func (s *liteStmt) bind(args []any) error {
	var plain [24]any
	values, size := plain[:0], 0
	for _, a := range args {
		v, err := value(a)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
		values = append(values, v)
	}
	c := s.c
	if size >= c.size {
		libc.Xfree(c.tls, c.scratch)
		c.size = max(2*size, 4096)
		if c.scratch = libc.Xmalloc(c.tls, libc.Tsize_t(c.size)); c.scratch == 0 {
			c.size = 0
			return errors.New("no memory for the arguments of a statement")
		}
	}
	used := uintptr(0)
	for i, which := range s.args {
		rc, n := int32(0), int32(i+1)
		switch v := values[which].(type) {
		case nil:
			rc = sqlite3.Xsqlite3_bind_null(c.tls, s.p, n)
		case int64:
			rc = sqlite3.Xsqlite3_bind_int64(c.tls, s.p, n, v)
		case string:
			copy(bytesAt(c.scratch+used, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_text(c.tls, s.p, n, c.scratch+used, int32(len(v)), sqlite3.SQLITE_STATIC)
			used += uintptr(len(v))
		case []byte:
			copy(bytesAt(c.scratch+used, len(v)), v)
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, s.p, n, c.scratch+used, int32(len(v)), sqlite3.SQLITE_STATIC)
			used += uintptr(len(v))
		}
		if err := c.fault(rc); err != nil {
			return err
		}
	}
	return nil
}

// value returns an argument as SQLite takes it: nil, int64, string or []byte.
func value(a any) (any, error) {
	switch v := a.(type) {
	case nil, string, int64:
		return v, nil
	case int:
		return int64(v), nil
	case bool:
		return truth(v), nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	}
	v, err := driver.DefaultParameterConverter.ConvertValue(a)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, string, int64:
		return v, nil
	case bool:
		return truth(v), nil
	case []byte:
		return v, nil
	}
	return nil, fmt.Errorf("sqldb: an argument cannot be a %T", a)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// exec is run, as a runner does it.
func (c *lite) exec(_ context.Context, query string, args []any) (int64, error) {
	return c.run(query, args)
}

// run runs a statement to its end and returns how many rows it changed.
func (c *lite) run(query string, args []any) (int64, error) {
	s, err := c.start(query, args)
	if err != nil {
		return 0, err
	}
	rc := sqlite3.Xsqlite3_step(c.tls, s.p)
	for rc == sqlite3.SQLITE_ROW {
		rc = sqlite3.Xsqlite3_step(c.tls, s.p)
	}
	n := sqlite3.Xsqlite3_changes(c.tls, c.db)
	if rc != sqlite3.SQLITE_DONE {
		err = c.fault(rc)
	}
	sqlite3.Xsqlite3_reset(c.tls, s.p)
	return int64(n), err
}

// query runs a statement whose rows the caller reads and closes.
func (c *lite) query(_ context.Context, query string, args []any) (rows, error) {
	s, err := c.start(query, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &liteRows{s: s}, nil
}

// liteRows are the rows of a running statement.
type liteRows struct {
	s    *liteStmt
	err  error
	home *readers // where the connection goes after Close; nil: nowhere
}

func (r *liteRows) Next() bool {
	if r.s == nil || r.err != nil {
		return false
	}
	c := r.s.c
	rc := sqlite3.Xsqlite3_step(c.tls, r.s.p)
	if rc != sqlite3.SQLITE_ROW && rc != sqlite3.SQLITE_DONE {
		r.err = c.fault(rc)
	}
	return rc == sqlite3.SQLITE_ROW
}

func (r *liteRows) Err() error { return r.err }

// Close ends the statement; it may be called more than once.
func (r *liteRows) Close() error {
	if r.s == nil {
		return nil
	}
	c := r.s.c
	sqlite3.Xsqlite3_reset(c.tls, r.s.p)
	r.s.busy, r.s = false, nil
	if r.home != nil {
		r.home.give(c)
	}
	return nil
}

// at looks at memory of SQLite, which Go neither moves nor frees.
func at[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address)) //nolint:gosec // addresses come from SQLite only
}

func bytesAt(address uintptr, n int) []byte {
	return unsafe.Slice(at[byte](address), n) //nolint:gosec // as SQLite says
}
