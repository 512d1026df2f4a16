package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// anchorJob takes the day's anchor.
type anchorJob struct{}

func (anchorJob) Kind() string { return "audit.anchor" }

// RegisterJobs has an anchor taken every day and given to keep, which must put
// it outside of the database: a file on another disk, a log that is shipped
// off, a printer. It fails until keep succeeds, with growing pauses.
func RegisterJobs(r *jobs.Runner, db *sqldb.DB, now func() time.Time, keep func(context.Context, Head) error) {
	jobs.Handle(r, jobs.Policy{Every: 24 * time.Hour, Attempts: 1000, Timeout: 30 * time.Minute}, func(ctx context.Context, _ jobs.Job[anchorJob]) error {
		h, err := Heads(ctx, db, now())
		if err != nil {
			return err
		}
		if err := keep(ctx, h); err != nil {
			return fmt.Errorf("keeping the audit anchor: %w", err)
		}
		return nil
	})
}

// AppendAnchor adds an anchor to a file, one JSON object a line, and waits for
// the disk.
func AppendAnchor(path string, h Head) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// ReadAnchors returns the anchors of a file, oldest first; none when there is no
// such file yet.
func ReadAnchors(path string) (all []Head, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); ; {
		if !s.Scan() {
			return all, s.Err()
		}
		var h Head
		if err := json.Unmarshal(s.Bytes(), &h); err != nil {
			return all, fmt.Errorf("%s, line %d: %w", path, len(all)+1, err)
		}
		all = append(all, h)
	}
}
