package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func insertAccount(ctx context.Context, tx *sqldb.DB, a Account) error {
	_, err := tx.Exec(ctx, `INSERT INTO account (id, number, level, staff, second_factor, lang, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.Number, string(a.Level), a.Staff, a.SecondFactor, a.Lang, sqldb.At(a.Created))
	return err
}

const accountColumns = `id, number, level, staff, second_factor, lang, created_at,
	EXISTS (SELECT 1 FROM account_contact c WHERE c.account = account.id AND c.kind = 'phone' AND c.confirmed_at IS NOT NULL),
	EXISTS (SELECT 1 FROM account_contact c WHERE c.account = account.id AND c.kind = 'email' AND c.confirmed_at IS NOT NULL),
	(SELECT ask_at FROM account_reach r WHERE r.account = account.id)`

func scanAccount(r sqldb.Row) (a Account, err error) {
	var created, ask sqldb.Time
	err = r.Scan(&a.ID, &a.Number, (*string)(&a.Level), &a.Staff, &a.SecondFactor, &a.Lang, &created, &a.Phone, &a.Email, &ask)
	a.Created, a.askAt = created.Time, ask.Time
	return a, err
}

// accountByID returns ErrNone.
func accountByID(ctx context.Context, db *sqldb.DB, id string) (Account, error) {
	a, err := sqldb.One(ctx, db, scanAccount, `SELECT `+accountColumns+` FROM account WHERE id = $1`, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return a, ErrNone
	}
	return a, err
}

// credential is an account with the stored form of its password.
type credential struct {
	Account
	hash       string
	mustChange bool      // it is temporary: serves only to choose another
	until      time.Time // when a temporary one ends, else zero
	changed    time.Time
	remind     bool // of its age
}

// credentialOf returns the zero credential when there is no such account.
func credentialOf(ctx context.Context, db *sqldb.DB, account string) (credential, error) {
	c, err := sqldb.One(ctx, db, func(r sqldb.Row) (c credential, err error) {
		var until, changed sqldb.Time
		err = r.Scan(&c.ID, &c.Number, (*string)(&c.Level), &c.Staff, &c.SecondFactor, &c.Lang, &c.hash, &c.mustChange, &until, &changed, &c.remind)
		c.until, c.changed = until.Time, changed.Time
		return c, err
	}, `SELECT a.id, a.number, a.level, a.staff, a.second_factor, a.lang, p.hash, p.must_change, p.until, p.changed_at, p.remind
		FROM account a JOIN account_password p ON p.account = a.id WHERE a.id = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return credential{}, nil
	}
	return c, err
}

func setPassword(ctx context.Context, tx *sqldb.DB, account, hash string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_password (account, hash, changed_at, must_change) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at, must_change = excluded.must_change, until = NULL, recovered_by = ''`,
		account, hash, sqldb.At(at), false)
	return err
}

// rehash replaces the stored form of a password that stayed the same, unless it
// was changed meanwhile.
func rehash(ctx context.Context, tx *sqldb.DB, account, old, fresh string) error {
	_, err := tx.Exec(ctx, `UPDATE account_password SET hash = $1 WHERE account = $2 AND hash = $3`, fresh, account, old)
	return err
}

func passwordChanged(ctx context.Context, db *sqldb.DB, account string) (time.Time, error) {
	t, err := sqldb.One(ctx, db, scanTime, `SELECT changed_at FROM account_password WHERE account = $1`, account)
	return t.Time, err
}

func scanTime(r sqldb.Row) (t sqldb.Time, err error) {
	err = r.Scan(&t)
	return t, err
}

func setSecondFactor(ctx context.Context, tx *sqldb.DB, account string, on bool) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account SET second_factor = $1 WHERE id = $2 AND second_factor <> $1`, on, account)
	return n > 0, err
}

func setLevel(ctx context.Context, tx *sqldb.DB, account string, level Level) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account SET level = $1 WHERE id = $2 AND level <> $1`, string(level), account)
	return n > 0, err
}

func setLang(ctx context.Context, tx *sqldb.DB, account, lang string) error {
	_, err := tx.Exec(ctx, `UPDATE account SET lang = $1 WHERE id = $2`, lang, account)
	return err
}

func setStaff(ctx context.Context, tx *sqldb.DB, account string, staff bool) error {
	_, err := tx.Exec(ctx, `UPDATE account SET staff = $1 WHERE id = $2`, staff, account)
	return err
}

// Look-up by identifier.

// claimIdentifier reports false when the identifier belongs to another account.
func claimIdentifier(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, l Login, account string) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_identifier (kind, hash, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		string(l.Kind), keys.Index(string(l.Kind), l.Value), account)
	if err != nil || n == 1 {
		return err == nil, err
	}
	owner, err := accountOf(ctx, tx, keys, l)
	return owner == account, err
}

func insertIdentifier(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, l Login, account string) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_identifier (kind, hash, account) VALUES ($1, $2, $3)`,
		string(l.Kind), keys.Index(string(l.Kind), l.Value), account)
	return err
}

func releaseIdentifier(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, l Login, account string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_identifier WHERE kind = $1 AND hash = $2 AND account = $3`,
		string(l.Kind), keys.Index(string(l.Kind), l.Value), account)
	return err
}

// accountOf returns "" when nobody has the identifier.
func accountOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, l Login) (string, error) {
	owner, err := sqldb.One(ctx, db, sqldb.Text, `SELECT account FROM account_identifier WHERE kind = $1 AND hash = $2`,
		string(l.Kind), keys.Index(string(l.Kind), l.Value))
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	return owner, err
}

// Contacts.

type contact struct {
	kind      Kind
	id        string
	value     string
	confirmed time.Time // zero: not confirmed
	role      string    // roleMain, roleReserve or "" for one of several
}

func insertContact(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, c contact) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_contact (account, kind, id, value, confirmed_at, role) VALUES ($1, $2, $3, $4, $5, $6)`,
		account, string(c.kind), c.id, keys.SealString("account_contact", "value", account, c.value), sqldb.At(c.confirmed), c.role)
	return err
}

func confirmContact(ctx context.Context, tx *sqldb.DB, account string, kind Kind, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_contact SET confirmed_at = $1 WHERE account = $2 AND kind = $3 AND id = $4`, sqldb.At(at), account, string(kind), id)
	return err
}

func deleteContact(ctx context.Context, tx *sqldb.DB, account string, kind Kind, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_contact WHERE account = $1 AND kind = $2 AND id = $3`, account, string(kind), id)
	return err
}

func contactsOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) ([]contact, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (c contact, err error) {
		var value []byte
		var confirmed sqldb.Time
		if err := r.Scan((*string)(&c.kind), &c.id, &value, &confirmed, &c.role); err != nil {
			return c, err
		}
		c.confirmed = confirmed.Time
		c.value, err = keys.OpenString("account_contact", "value", account, value)
		return c, err
	}, `SELECT kind, id, value, confirmed_at, role FROM account_contact WHERE account = $1 ORDER BY kind, id`, account)
}

const reachQuery = `SELECT a.lang, c.kind, c.id, c.value, c.confirmed_at, c.role FROM account a LEFT JOIN account_contact c ON c.account = a.id
	WHERE a.id = $1 ORDER BY c.kind, c.id`

// reachOf returns the language and the contacts of an account, or ErrNone.
func reachOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) (lang string, all []contact, err error) {
	all, err = sqldb.All(ctx, db, func(r sqldb.Row) (c contact, err error) {
		var kind, id, role *string
		var value []byte
		var confirmed sqldb.Time
		if err := r.Scan(&lang, &kind, &id, &value, &confirmed, &role); err != nil || kind == nil {
			return c, err
		}
		c.kind, c.id, c.role, c.confirmed = Kind(*kind), *id, *role, confirmed.Time
		c.value, err = keys.OpenString("account_contact", "value", account, value)
		return c, err
	}, reachQuery, account)
	switch {
	case err != nil:
		return "", nil, err
	case len(all) == 0:
		return "", nil, ErrNone
	case all[0].kind == "":
		return lang, nil, nil // an account without contacts is one row without one
	}
	return lang, all, nil
}

// confirmedKinds reports which kinds of contacts an account has confirmed.
func confirmedKinds(ctx context.Context, db *sqldb.DB, account string) (email, phone bool, err error) {
	kinds, err := sqldb.All(ctx, db, sqldb.Text, `SELECT kind FROM account_contact WHERE account = $1 AND confirmed_at IS NOT NULL`, account)
	return slices.Contains(kinds, string(Email)), slices.Contains(kinds, string(Phone)), err
}

// Failures.

// failure is how often somebody missed the password of a subject (an account,
// or a login that no account has) from one source; source allSources counts all.
type failure struct {
	count int
	last  time.Time
	until time.Time // shut until then; zero: open
}

var allSources = []byte{0}

func failureOf(ctx context.Context, db *sqldb.DB, subject string, source []byte) (failure, error) {
	f, err := sqldb.One(ctx, db, func(r sqldb.Row) (f failure, err error) {
		var last, until sqldb.Time
		err = r.Scan(&f.count, &last, &until)
		f.last, f.until = last.Time, until.Time
		return f, err
	}, `SELECT failures, last_at, until FROM account_failure WHERE subject = $1 AND source = $2`, subject, source)
	if errors.Is(err, sqldb.ErrNoRow) {
		return failure{}, nil
	}
	return f, err
}

// countFailure returns how many there are now in a row. It returns ErrLocked
// while the subject is shut; a lock longer than the longest was set by a clock gone
// wrong.
func countFailure(ctx context.Context, tx *sqldb.DB, subject string, source []byte, at time.Time, longest time.Duration) (int, error) {
	n, err := sqldb.One(ctx, tx, sqldb.Int, `INSERT INTO account_failure (subject, source, failures, last_at) VALUES ($1, $2, 1, $3)
		ON CONFLICT (subject, source) DO UPDATE SET failures = account_failure.failures + 1, last_at = excluded.last_at
		WHERE account_failure.until IS NULL OR account_failure.until <= excluded.last_at OR account_failure.until > $4
		RETURNING failures`, subject, source, sqldb.At(at), sqldb.At(at.Add(longest)))
	if errors.Is(err, sqldb.ErrNoRow) {
		return n, ErrLocked
	}
	return n, err
}

// uncountFailure takes back what countFailure counted, and the lock it led to.
func uncountFailure(ctx context.Context, tx *sqldb.DB, subject string, source []byte) error {
	_, err := tx.Exec(ctx, `UPDATE account_failure SET failures = failures - 1, until = NULL WHERE subject = $1 AND source = $2 AND failures > 0`, subject, source)
	return err
}

func shut(ctx context.Context, tx *sqldb.DB, subject string, source []byte, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_failure SET until = $1 WHERE subject = $2 AND source = $3`, sqldb.At(until), subject, source)
	return err
}

// forgive forgets the failures from one source and in all.
func forgive(ctx context.Context, tx *sqldb.DB, subject string, source []byte) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_failure WHERE subject = $1 AND source IN ($2, $3)`, subject, source, allSources)
	return err
}

func forgiveAll(ctx context.Context, tx *sqldb.DB, subject string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_failure WHERE subject = $1`, subject)
	return err
}

// Kept forms.

func insertKept(ctx context.Context, tx *sqldb.DB, account, id string, sealed []byte, until time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_kept (account, id, form, until) VALUES ($1, $2, $3, $4)`, account, id, sealed, sqldb.At(until))
	return err
}

func keptOf(ctx context.Context, db *sqldb.DB, account, id string) ([]byte, error) {
	sealed, err := sqldb.One(ctx, db, func(r sqldb.Row) (b []byte, err error) { err = r.Scan(&b); return b, err },
		`SELECT form FROM account_kept WHERE account = $1 AND id = $2`, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, ErrFlow
	}
	return sealed, err
}

// purge deletes what is over.
func purge(ctx context.Context, db *sqldb.DB, now time.Time) error {
	old := sqldb.At(now.Add(-historyLife))
	for _, d := range []struct {
		query string
		at    sqldb.Time
	}{
		{`DELETE FROM account_flow WHERE until < $1`, sqldb.At(now.Add(-24 * time.Hour))},
		{`DELETE FROM account_challenge WHERE until < $1`, sqldb.At(now)},
		{`DELETE FROM account_code WHERE until < $1`, sqldb.At(now.Add(-24 * time.Hour))},
		{`DELETE FROM account_link WHERE until < $1`, sqldb.At(now)},
		{`DELETE FROM account_warning WHERE until < $1`, sqldb.At(now)},
		{`DELETE FROM account_kept WHERE until < $1`, sqldb.At(now)},
		{`DELETE FROM account_device WHERE until < $1`, sqldb.At(now)},
		{`DELETE FROM account_failure WHERE last_at < $1`, sqldb.At(now.Add(-30 * 24 * time.Hour))},
		{`DELETE FROM account_session WHERE created_at < $1`, sqldb.At(now.Add(-30 * 24 * time.Hour))},
		{`DELETE FROM account_signin WHERE at < $1`, old},
		// Failures of logins that nobody has are nobody's history.
		{`DELETE FROM account_signin WHERE at < $1 AND account LIKE 'login %'`, sqldb.At(now.Add(-24 * time.Hour))},
	} {
		if _, err := db.Exec(ctx, d.query, d.at); err != nil {
			return fmt.Errorf("deleting what is over: %w", err)
		}
	}
	return nil
}
