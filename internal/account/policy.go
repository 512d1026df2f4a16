package account

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what lists of leaked passwords are made of; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/sqldb"
)

// Passwords is the operator's policy of passwords. The zero value asks for all
// classes of characters and reminds nobody.
type Passwords struct {
	Profile Profile // of citizens; "" is Classes
	Staff   Profile // of members of staff; "" is that of citizens
	// StaffAge is how old a password under the Regulated profile may get: a sign-in
	// with an older one leads to the page of a new one. 0 is any age.
	StaffAge time.Duration
	// RemindAfter is how old a password gets before its holder is reminded, who
	// may switch that off. 0 reminds nobody.
	RemindAfter time.Duration
	Leaked      *LeakedList // nil when there is none
}

// policy is a policy with its rules made ready.
type policy struct {
	Passwords
	newcomers Rules // of accounts that a password alone opens
	protected Rules // of accounts with the second step
	staff     Rules
}

func newPolicy(p Passwords) policy {
	if p.Staff == "" {
		p.Staff = p.Profile
	}
	return policy{p, NewRules(p.Profile, false, p.Leaked), NewRules(p.Profile, true, p.Leaked), NewRules(p.Staff, true, p.Leaked)}
}

// of returns the rules for a new password of an account.
func (p *policy) of(a Account) Rules {
	switch {
	case a.Staff:
		return p.staff
	case a.NeedsSecond():
		return p.protected
	}
	return p.newcomers
}

// Rules are the conditions of a newcomer's password, to be shown beside the
// field.
func (s *Service) Rules() Rules { return s.passwords.newcomers }

// StaffRules are the conditions of the password of a member of staff.
func (s *Service) StaffRules() Rules { return s.passwords.staff }

// rulesFor returns the rules for a new password of an account and the words
// that it must not be made of: names, phone, e-mail.
func (s *Service) rulesFor(ctx context.Context, account string) (Rules, []string, error) {
	a, err := s.Account(ctx, account)
	if err != nil {
		return Rules{}, nil, err
	}
	words, err := s.words(ctx, account)
	if err != nil {
		return Rules{}, nil, err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return Rules{}, nil, fmt.Errorf("reading contacts: %w", err)
	}
	for _, c := range contacts {
		words = append(words, c.value)
	}
	return s.passwords.of(a), words, nil
}

// changeReason is what the audit log says beside a change of the password.
func (p *policy) changeReason(a Account) string {
	if a.Staff && p.Staff == Regulated {
		return "account.profile_regulated"
	}
	return ""
}

// weighPassword looks at the password that somebody has just given rightly: confined
// says that they must choose another before anything else. The holder is told
// of a password that was leaked, and reminded of one that grew old.
func (s *Service) weighPassword(ctx context.Context, c credential, password string) (confined bool, err error) {
	age := s.now().Sub(c.changed)
	leaked, err := s.passwords.Leaked.Has(password)
	if err != nil { // nobody is kept out by it
		slog.WarnContext(ctx, "looking a password up", "err", err)
	}
	n := notify.Notice{Owner: c.ID, Level: notify.Warning}
	switch p := s.passwords; {
	case leaked:
		confined = true
		n.Key, n.Level, n.SMS = "account/leaked/"+stamp(c.changed), notify.Danger, true
		n.Title, n.Text = "account.notice_leaked", "account.notice_leaked_text"
	case c.Staff && p.Staff == Regulated && p.StaffAge > 0 && age >= p.StaffAge:
		return true, nil
	case c.remind && p.RemindAfter > 0 && age >= p.RemindAfter:
		n.Key = fmt.Sprintf("account/password-old/%s/%d", stamp(c.changed), age/p.RemindAfter)
		n.Title, n.Text = "account.notice_old_password", "account.notice_old_password_text"
	default:
		return c.mustChange, nil
	}
	if err := s.db.Tx(ctx, func(tx *sqldb.DB) error { return s.tell(ctx, tx, n) }); err != nil {
		return false, fmt.Errorf("telling of a password: %w", err)
	}
	return confined || c.mustChange, nil
}

// Reminds reports whether the holder is reminded to change the password, and
// whether the portal reminds anybody.
func (s *Service) Reminds(ctx context.Context, account string) (on, offered bool, err error) {
	if s.passwords.RemindAfter <= 0 {
		return false, false, nil
	}
	c, err := credentialOf(ctx, s.db, account)
	if err != nil {
		return false, false, fmt.Errorf("reading a password: %w", err)
	}
	return c.remind, c.hash != "", nil
}

// SetReminds switches the reminders to change the password on or off.
func (s *Service) SetReminds(ctx context.Context, account, session string, on bool) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		changed, err := setRemind(ctx, tx, account, on)
		if err != nil {
			return fmt.Errorf("switching reminders: %w", err)
		}
		if !changed {
			return nil
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_remind"})
	})
}

func setRemind(ctx context.Context, tx *sqldb.DB, account string, on bool) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_password SET remind = $1 WHERE account = $2 AND remind <> $1`, on, account)
	return n > 0, err
}

// LeakedList is a file of leaked passwords: their SHA-1 in hexadecimal, one a
// line in ascending order, with or without «:count» after it, as «Pwned
// Passwords» is handed out. It is searched on disk, so it may be of any size.
type LeakedList struct {
	file io.ReaderAt
	size int64
}

// leakedLine is the longest line of a list in bytes.
const leakedLine = 128

// OpenLeaked opens a list; it stays open for good.
func OpenLeaked(path string) (*LeakedList, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l := &LeakedList{f, info.Size()}
	if _, hash, err := l.lineAt(0); err != nil || len(hash) != 2*sha1.Size || strings.Trim(hash, "0123456789ABCDEF") != "" {
		return nil, errors.Join(fmt.Errorf("%s does not begin with a SHA-1 in hexadecimal", path), f.Close())
	}
	return l, nil
}

// Has reports whether the password was leaked; without a list none was.
func (l *LeakedList) Has(password string) (bool, error) {
	if l == nil {
		return false, nil
	}
	sum := sha1.Sum([]byte(norm.NFC.String(password))) //nolint:gosec // see the import
	want := strings.ToUpper(hex.EncodeToString(sum[:]))
	low, high := int64(0), l.size // the line, if there is one, begins in [low, high)
	for low < high {
		mid := low + (high-low)/2
		start, hash, err := l.lineAt(mid)
		if err != nil {
			return false, err
		}
		switch {
		case start >= high || hash == "" || hash > want:
			high = mid
		case hash == want:
			return true, nil
		default:
			low = start + 1
		}
	}
	return false, nil
}

// lineAt returns the first line that begins at or after offset, "" when none
// does.
func (l *LeakedList) lineAt(offset int64) (start int64, hash string, err error) {
	buf := make([]byte, 2*leakedLine)
	from := max(offset-1, 0)
	n, err := l.file.ReadAt(buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, "", fmt.Errorf("reading the list of leaked passwords: %w", err)
	}
	buf, start = buf[:n], from
	if offset > 0 {
		i := bytes.IndexByte(buf, '\n')
		if i < 0 {
			return l.size, "", nil
		}
		buf, start = buf[i+1:], from+int64(i)+1
	}
	line, _, _ := bytes.Cut(buf, []byte("\n"))
	text, _, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
	return start, strings.ToUpper(text), nil
}
