package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// content is what a notice says, as it is sealed.
type content struct {
	Title   string     `json:"title"`
	Text    string     `json:"text,omitempty"`
	Args    []arg      `json:"args,omitempty"`
	Link    string     `json:"link,omitempty"`
	Level   Level      `json:"level"`
	SMS     bool       `json:"sms,omitempty"`
	Service i18n.Words `json:"service,omitzero"`
}

type row struct {
	Item
	sealed  []byte
	deleted bool
}

const columns = `id, at, topic, content, read_at, deleted_at`

func scanRow(r sqldb.Row) (n row, err error) {
	var at, read, deleted sqldb.Time
	err = r.Scan(&n.ID, &at, &n.Topic, &n.sealed, &read, &deleted)
	n.At, n.Read, n.deleted = at.Time, !read.IsZero(), !deleted.IsZero()
	return n, err
}

// open fills in what lies sealed.
func (n *row) open(keys *secret.Keyring, account string) error {
	var c content
	if err := keys.OpenJSON("notice", "content", account, n.sealed, &c); err != nil {
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	n.title, n.text, n.args, n.sms = c.Title, c.Text, c.Args, c.SMS
	n.Link, n.Level, n.Service = c.Link, c.Level, c.Service
	return nil
}

// insertNotice reports whether the notice is new: of several with one key only
// the first is.
func insertNotice(ctx context.Context, tx *sqldb.DB, n Notice, id string, at time.Time, sealed []byte) (bool, error) {
	rows, err := tx.Exec(ctx, `INSERT INTO notice (account, id, key, at, topic, content) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account, key) DO NOTHING`, n.Owner, id, n.Key, sqldb.At(at), n.Topic, sealed)
	return rows == 1, err
}

const byIDQuery = `SELECT ` + columns + ` FROM notice WHERE account = $1 AND id = $2`

// noticeByID also returns a notice that was deleted.
func noticeByID(ctx context.Context, db *sqldb.DB, account, id string) (row, error) {
	n, err := sqldb.One(ctx, db, scanRow, byIDQuery, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return n, ErrNoNotice
	}
	return n, err
}

// maxUnread is where counting unread notices ends: more are shown as «99+».
const maxUnread = 100

const unreadQuery = `SELECT count(*) FROM (SELECT 1 FROM notice WHERE account = $1 AND read_at IS NULL AND deleted_at IS NULL LIMIT $2) unread`

func countUnread(ctx context.Context, db *sqldb.DB, account string) (int, error) {
	return sqldb.One(ctx, db, sqldb.Int, unreadQuery, account, maxUnread)
}

// feedQuery lists notices newest first, as their IDs sort, from before the ID on.
func feedQuery(account string, f Filter, before string, limit int) (query string, args []any) {
	query, args = `SELECT `+columns+` FROM notice WHERE account = $1 AND deleted_at IS NULL`, []any{account}
	add := func(condition string, values ...any) {
		n := make([]any, len(values))
		for i := range values {
			n[i] = len(args) + i + 1
		}
		query, args = query+" AND "+fmt.Sprintf(condition, n...), append(args, values...)
	}
	if f.Unread {
		query += ` AND read_at IS NULL`
	}
	if f.Topic != "" {
		add(`topic = $%d`, f.Topic)
	}
	if !f.Since.IsZero() {
		add(`at >= $%d`, sqldb.At(f.Since))
	}
	if id.Valid(before) {
		add(`id < $%d`, before)
	}
	args = append(args, limit)
	return query + fmt.Sprintf(` ORDER BY id DESC LIMIT $%d`, len(args)), args
}

// setRead marks one notice and reports whether there is such a one.
func setRead(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE notice SET read_at = $1 WHERE account = $2 AND id = $3 AND deleted_at IS NULL`, sqldb.At(at), account, id)
	return n == 1, err
}

const readAllQuery = `UPDATE notice SET read_at = $1 WHERE account = $2 AND read_at IS NULL AND deleted_at IS NULL AND id <= $3`

// setAllRead marks the notices up to a place in the feed.
func setAllRead(ctx context.Context, tx *sqldb.DB, account, upTo string, at time.Time) error {
	_, err := tx.Exec(ctx, readAllQuery, sqldb.At(at), account, upTo)
	return err
}

// setDeleted hides a notice, or with a zero time brings it back, and reports
// whether there is such a one.
func setDeleted(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE notice SET deleted_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return n == 1, err
}

// beginDelivery says that a message is about to be handed to the partner. It
// reports false when it was sent already.
func beginDelivery(ctx context.Context, db *sqldb.DB, account, notice string, ch Channel, target []byte) (bool, error) {
	n, err := db.Exec(ctx, `INSERT INTO delivery (account, notice, channel, target, state, attempts, repeats) VALUES ($1, $2, $3, $4, 'sending', 1, 0)
		ON CONFLICT (account, notice, channel) DO UPDATE SET target = excluded.target, state = 'sending', attempts = delivery.attempts + 1,
			repeats = delivery.repeats + CASE WHEN delivery.state = 'sending' THEN 1 ELSE 0 END
		WHERE delivery.state <> 'sent'`, account, notice, string(ch), target)
	return n == 1, err
}

// endDelivery says what became of a message; at is zero unless it was sent.
func endDelivery(ctx context.Context, db *sqldb.DB, account, notice string, ch Channel, state State, at time.Time) error {
	_, err := db.Exec(ctx, `UPDATE delivery SET state = $1, sent_at = $2 WHERE account = $3 AND notice = $4 AND channel = $5`,
		string(state), sqldb.At(at), account, notice, string(ch))
	return err
}

// sentRow is a notice with one of its deliveries, or with none.
type sentRow struct {
	row
	Delivery
	target []byte
}

func scanSent(r sqldb.Row) (s sentRow, err error) {
	var at, sent sqldb.Time
	var channel, state *string
	var attempts, repeats *int
	if err = r.Scan(&s.ID, &at, &s.Topic, &s.sealed, &channel, &s.target, &state, &attempts, &repeats, &sent); err != nil {
		return s, err
	}
	s.At, s.SentAt = at.Time, sent.Time
	if channel != nil {
		s.Channel, s.State, s.Attempts, s.Repeats = Channel(*channel), State(*state), *attempts, *repeats
	}
	return s, nil
}

// historyQuery lists notices, deleted ones as well, with what was sent of them.
func historyQuery(account, before string, limit int) (query string, args []any) {
	where, args := `account = $1`, []any{account, limit}
	if id.Valid(before) {
		where, args = where+` AND id < $3`, append(args, before)
	}
	return `SELECT n.id, n.at, n.topic, n.content, d.channel, d.target, d.state, d.attempts, d.repeats, d.sent_at
		FROM (SELECT ` + columns + ` FROM notice WHERE ` + where + ` ORDER BY id DESC LIMIT $2) n
		LEFT JOIN delivery d ON d.account = $1 AND d.notice = n.id ORDER BY n.id DESC, d.channel`, args
}
