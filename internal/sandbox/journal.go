package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// journal is the state file: a JSON record per line, in the order things
// happened. A line is written with one call before the act is acknowledged, so
// it outlives the process; it is not forced to the disk, as the loss of
// practice messages in a power cut harms nobody.
type journal struct {
	path  string
	file  *os.File // nil after close
	size  int64
	lines int
}

// openJournal gives every record of the folder's state file to apply. A last
// line cut off by the end of the machine is dropped; damage elsewhere is an error.
// Call rewrite before the first append.
func openJournal(dir string, apply func(record)) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the sandbox's folder: %w", err)
	}
	j := &journal{path: filepath.Join(dir, "sandbox.jsonl")}
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return j, nil
	} else if err != nil {
		return nil, fmt.Errorf("opening the sandbox's state: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF { // an empty or a torn line
			return j, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the sandbox's state: %w", err)
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("reading %s, line %d: %w", j.path, n, err)
		}
		apply(r)
	}
}

// append adds a line, or leaves the file as it was and says why.
func (j *journal) append(r record) error {
	if j.file == nil {
		return errClosed
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the sandbox's state: %w", err)
	}
	n, err := j.file.Write(append(line, '\n'))
	if err != nil {
		// Half a line would spoil the next one.
		return errors.Join(fmt.Errorf("writing the sandbox's state: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(n)
	j.lines++
	return nil
}

// rewrite replaces the file by one with these records, all or nothing.
func (j *journal) rewrite(records iter.Seq[record]) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("rewriting the sandbox's state: %w", err)
		}
	}()
	tmp, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	out, lines := bufio.NewWriter(tmp), 0
	enc := json.NewEncoder(out)
	for r := range records {
		if err = enc.Encode(r); err != nil {
			break
		}
		lines++
	}
	if err = errors.Join(err, out.Flush(), tmp.Sync()); err != nil {
		return errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
	}
	info, err := tmp.Stat()
	if err == nil {
		err = os.Rename(tmp.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, tmp.Close())
	}
	err = j.close()
	j.file, j.size, j.lines = tmp, info.Size(), lines
	return err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}

// sameJSON says whether two values are written alike.
func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
