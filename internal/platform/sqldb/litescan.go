package sqldb

import (
	"database/sql"
	"fmt"
	"reflect"

	sqlite3 "modernc.org/sqlite/lib"
)

// Scan implements Row, with the rules of database/sql: what is NULL goes only
// where nothing can be said.
func (r *liteRows) Scan(dest ...any) error {
	if len(dest) != r.s.cols {
		return fmt.Errorf("sqldb: %d places for %d columns", len(dest), r.s.cols)
	}
	for i, d := range dest {
		if err := r.column(int32(i), d); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func (r *liteRows) column(i int32, dest any) error {
	kind := sqlite3.Xsqlite3_column_type(r.s.c.tls, r.s.p, i)
	if kind == sqlite3.SQLITE_NULL {
		return setNull(dest)
	}
	switch d := dest.(type) {
	case *string:
		*d = r.text(i)
	case *[]byte:
		*d = r.bytes(i)
	case *Time:
		return d.parse(r.text(i))
	case *int, *int64, *bool:
		if kind != sqlite3.SQLITE_INTEGER && kind != sqlite3.SQLITE_FLOAT {
			return fmt.Errorf("sqldb: %q is no number", r.text(i))
		}
		r.number(i, d)
	case sql.Scanner:
		return d.Scan(r.value(i, kind))
	default:
		return r.reflected(i, reflect.ValueOf(dest))
	}
	return nil
}

func (r *liteRows) number(i int32, dest any) {
	n := r.integer(i)
	switch d := dest.(type) {
	case *int:
		*d = int(n)
	case *int64:
		*d = n
	case *bool:
		*d = n != 0
	}
}

// reflected sets what the fast way does not know: named types, and pointers that
// are nil for NULL.
func (r *liteRows) reflected(i int32, dest reflect.Value) error {
	if dest.Kind() != reflect.Pointer || dest.IsNil() {
		return fmt.Errorf("sqldb: a column cannot be read into %s", dest.Type())
	}
	switch v := dest.Elem(); v.Kind() {
	case reflect.String:
		v.SetString(r.text(i))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := r.integer(i)
		if v.OverflowInt(n) {
			return fmt.Errorf("sqldb: %d is too much for %s", n, v.Type())
		}
		v.SetInt(n)
	case reflect.Bool:
		v.SetBool(r.integer(i) != 0)
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		if err := r.column(i, fresh.Interface()); err != nil {
			return err
		}
		v.Set(fresh)
	default:
		return fmt.Errorf("sqldb: a column cannot be read into %s", dest.Type())
	}
	return nil
}

// setNull puts NULL into a place that can hold it.
func setNull(dest any) error {
	switch d := dest.(type) {
	case *Time:
		*d = Time{}
		return nil
	case *[]byte:
		*d = nil
		return nil
	case sql.Scanner:
		return d.Scan(nil)
	}
	if v := reflect.ValueOf(dest); v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Pointer {
		v.Elem().SetZero()
		return nil
	}
	return fmt.Errorf("sqldb: NULL cannot be read into %T", dest)
}

// text copies a column; the memory is SQLite's until the next row.
func (r *liteRows) text(i int32) string { return string(r.raw(i)) }

func (r *liteRows) bytes(i int32) []byte {
	p := sqlite3.Xsqlite3_column_blob(r.s.c.tls, r.s.p, i)
	n := sqlite3.Xsqlite3_column_bytes(r.s.c.tls, r.s.p, i)
	fresh := make([]byte, n)
	if n > 0 {
		copy(fresh, bytesAt(p, int(n)))
	}
	return fresh
}

func (r *liteRows) raw(i int32) []byte {
	p := sqlite3.Xsqlite3_column_text(r.s.c.tls, r.s.p, i)
	n := sqlite3.Xsqlite3_column_bytes(r.s.c.tls, r.s.p, i)
	if p == 0 || n == 0 {
		return nil
	}
	return bytesAt(p, int(n))
}

func (r *liteRows) integer(i int32) int64 {
	return sqlite3.Xsqlite3_column_int64(r.s.c.tls, r.s.p, i)
}

// value returns a column as a driver would.
func (r *liteRows) value(i, kind int32) any {
	switch kind {
	case sqlite3.SQLITE_INTEGER:
		return r.integer(i)
	case sqlite3.SQLITE_BLOB:
		return r.bytes(i)
	}
	return r.text(i)
}
