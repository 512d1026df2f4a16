package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"kabinet/internal/platform/sqldb"
)

// This file is the auditor. It shares neither the hashing nor the counting with
// the code that writes lines, so that a fault there is found here.

// Break is a place where a chain is not as it was written.
type Break struct {
	Owner string
	Seq   int64  // the line at which it shows
	What  string // in English, for the operator
}

func (b *Break) Error() string {
	return fmt.Sprintf("audit chain of %s, line %d: %s", b.Owner, b.Seq, b.What)
}

// Report is the result of looking at all chains.
type Report struct {
	Owners, Lines int64
	Breaks        []Break // the first of each broken chain, at most 1000
}

// maxBreaks bounds a Report's length.
const maxBreaks = 1000

// auditor follows one chain line by line.
type auditor struct {
	owner  string
	seq    int64
	hash   []byte
	at     time.Time
	broken bool
}

// Verify recomputes the chain of one owner. It returns a *Break when it is not
// whole. An owner without lines is in order.
func Verify(ctx context.Context, db *sqldb.DB, owner string) error {
	a := auditor{owner: owner, hash: make([]byte, sha256.Size)}
	after := int64(math.MinInt64) // a line before the first is a fault as well
	for {
		lines, err := sqldb.All(ctx, db, scanLine, `SELECT `+columns+` FROM audit_line WHERE owner = $1 AND seq > $2 ORDER BY seq LIMIT $3`, owner, after, pageSize)
		if err != nil {
			return fmt.Errorf("reading audit lines: %w", err)
		}
		for i := range lines {
			if b := a.next(&lines[i]); b != nil {
				return b
			}
			after = lines[i].Seq
		}
		if len(lines) < pageSize {
			return nil
		}
	}
}

// pageSize is how many lines are held in memory at a time.
const pageSize = 1000

// VerifyAll recomputes every chain. The error is that of the database only;
// what is wrong with the chains is in the Report.
func VerifyAll(ctx context.Context, db *sqldb.DB) (r Report, err error) {
	var a auditor
	at, seq := "", int64(-1)
	for {
		lines, err := sqldb.All(ctx, db, scanLine, `SELECT `+columns+` FROM audit_line WHERE (owner, seq) > ($1, $2) ORDER BY owner, seq LIMIT $3`, at, seq, pageSize)
		if err != nil {
			return r, fmt.Errorf("reading audit lines: %w", err)
		}
		for i := range lines {
			l := &lines[i]
			at, seq = l.Owner, l.Seq
			if r.Lines++; l.Owner != a.owner {
				r.Owners++
				a = auditor{owner: l.Owner, hash: make([]byte, sha256.Size)}
			}
			if b := a.next(l); b != nil && !a.broken {
				a.broken = true
				if len(r.Breaks) < maxBreaks {
					r.Breaks = append(r.Breaks, *b)
				}
			}
		}
		if len(lines) < pageSize {
			return r, nil
		}
	}
}

// next takes the line that should follow in the chain.
func (a *auditor) next(l *Line) *Break {
	wrong := ""
	sum := sha256.Sum256(canonical(l))
	switch {
	case l.Seq != a.seq+1:
		wrong = fmt.Sprintf("line %d is missing", a.seq+1)
	case !bytes.Equal(l.Prev, a.hash):
		wrong = "it does not follow the line before it"
	case !bytes.Equal(l.Hash, sum[:]):
		wrong = "its content does not match its hash"
	case l.At.Before(a.at):
		wrong = "it is older than the line before it"
	}
	a.seq, a.hash, a.at = l.Seq, l.Hash, l.At
	if wrong == "" {
		return nil
	}
	return &Break{Owner: l.Owner, Seq: l.Seq, What: wrong}
}

// canonical is what a line's hash is made of, as doc.go says.
func canonical(l *Line) []byte {
	b := append([]byte(nil), l.Prev...)
	u := l.At.UTC()
	when := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), u.Nanosecond()/1000)
	for _, f := range [][]byte{[]byte(l.Owner), fmt.Append(nil, l.Seq), []byte(when), []byte(l.Actor.Kind), []byte(l.Actor.ID),
		l.SessionHash, []byte(l.Act), []byte(l.Object), []byte(l.Agency), []byte(l.Reason)} {
		n := len(f)
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		b = append(b, f...)
	}
	return b
}

// settled is how old a line must be before an anchor counts it: by then every
// transaction that could still add one with an earlier time has ended.
const settled = 15 * time.Minute

// Head is an anchor: a digest over the ends of all chains at some moment.
type Head struct {
	Until  time.Time `json:"until"` // lines up to this moment are counted
	Owners int64     `json:"owners"`
	Lines  int64     `json:"lines"`
	Digest string    `json:"digest"` // SHA-256, hexadecimal
}

// ErrAnchor is returned by CheckHead when chains are not what they were when
// the anchor was taken.
var ErrAnchor = errors.New("the audit log does not match its anchor: lines were cut off or written anew")

// Heads returns the anchor for all lines that are old enough at now. Taken
// again at any later time for the same moment it is the same, unless chains
// were changed.
func Heads(ctx context.Context, db *sqldb.DB, now time.Time) (Head, error) {
	return heads(ctx, db, now.Add(-settled))
}

// CheckHead compares the chains with an anchor taken earlier. It returns
// ErrAnchor.
func CheckHead(ctx context.Context, db *sqldb.DB, anchor Head) error {
	h, err := heads(ctx, db, anchor.Until)
	if err == nil && (h.Digest != anchor.Digest || h.Owners != anchor.Owners || h.Lines != anchor.Lines) {
		err = fmt.Errorf("anchor of %s: %w", anchor.Until.Format(time.RFC3339), ErrAnchor)
	}
	return err
}

// heads walks the ends of the chains in the order of owners. Owners are ASCII,
// whose order a database keeps for as long as it exists.
func heads(ctx context.Context, db *sqldb.DB, until time.Time) (Head, error) {
	h := Head{Until: sqldb.At(until).Time}
	sum := sha256.New()
	type tip struct {
		owner string
		end
	}
	owner := ""
	for {
		tips, err := sqldb.All(ctx, db, func(r sqldb.Row) (t tip, err error) { err = r.Scan(&t.owner, &t.seq, &t.hash); return t, err },
			`SELECT l.owner, l.seq, l.hash FROM (
				SELECT owner, max(seq) AS seq FROM audit_line WHERE owner > $1 AND at <= $2 GROUP BY owner ORDER BY owner LIMIT $3
			) t JOIN audit_line l ON l.owner = t.owner AND l.seq = t.seq ORDER BY l.owner`, owner, sqldb.At(until), pageSize)
		if err != nil {
			return h, fmt.Errorf("reading the ends of audit chains: %w", err)
		}
		for _, t := range tips {
			owner = t.owner
			h.Owners, h.Lines = h.Owners+1, h.Lines+t.seq
			fmt.Fprintf(sum, "%s %d %x\n", t.owner, t.seq, t.hash) //nolint:errcheck // a checksum takes everything
		}
		if len(tips) < pageSize {
			h.Digest = hex.EncodeToString(sum.Sum(nil))
			return h, nil
		}
	}
}
