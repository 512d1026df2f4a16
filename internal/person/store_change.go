package person

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func insertProposal(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, c Proposal, until time.Time) error {
	data, err := keys.SealJSON("person_proposal", "data", account, c)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO person_proposal (account, id, data, until) VALUES ($1, $2, $3, $4)`, account, c.ID, data, sqldb.At(until))
	return err
}

func updateProposal(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, c Proposal) error {
	data, err := keys.SealJSON("person_proposal", "data", account, c)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE person_proposal SET data = $3 WHERE account = $1 AND id = $2`, account, c.ID, data)
	return err
}

const proposalQuery = `SELECT data FROM person_proposal WHERE account = $1 AND id = $2 AND until > $3`

func proposalByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id string, now time.Time) (Proposal, error) {
	c, err := sqldb.One(ctx, db, func(r sqldb.Row) (c Proposal, err error) {
		var data []byte
		if err := r.Scan(&data); err != nil {
			return c, err
		}
		return c, keys.OpenJSON("person_proposal", "data", account, data, &c)
	}, proposalQuery, account, id, sqldb.At(now))
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, ErrOver
	}
	c.ID = id
	return c, err
}

func deleteProposal(ctx context.Context, tx *sqldb.DB, account, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM person_proposal WHERE account = $1 AND id = $2`, account, id)
	return n > 0, err
}

const purgeQuery = `DELETE FROM person_proposal WHERE until <= $1`

func purgeProposals(ctx context.Context, db *sqldb.DB, now time.Time) error {
	_, err := db.Exec(ctx, purgeQuery, sqldb.At(now))
	return err
}

// settingsOf returns what holds until the person chooses when nothing is kept.
func settingsOf(ctx context.Context, db *sqldb.DB, account string) (Settings, error) {
	set, err := sqldb.One(ctx, db, func(r sqldb.Row) (set Settings, err error) {
		err = r.Scan(&set.Fill, &set.HideStart)
		return set, err
	}, `SELECT fill, hide_start FROM person_setting WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Settings{Fill: true}, nil
	}
	return set, err
}

func saveSettings(ctx context.Context, tx *sqldb.DB, account string, set Settings) error {
	_, err := tx.Exec(ctx, `INSERT INTO person_setting (account, fill, hide_start) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET fill = excluded.fill, hide_start = excluded.hide_start`, account, set.Fill, set.HideStart)
	return err
}

// forgetBefore empties the lines of the history about parts of what stood there
// before.
func forgetBefore(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, parts ...Part) error {
	nothing, err := keys.SealJSON("person_change", "data", account, Person{})
	if err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := tx.Exec(ctx, `UPDATE person_change SET data = $3 WHERE account = $1 AND part = $2`, account, string(part), nothing); err != nil {
			return err
		}
	}
	return nil
}
