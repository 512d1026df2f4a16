package person

import (
	"context"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
)

// Revise changes what is known of a person in tx as somebody says who checked
// it: change gets what is known now and returns what is to be known, with the
// parts that are verified. Its error ends the transaction.
func (s *Service) Revise(ctx context.Context, tx *sqldb.DB, account string, by audit.Actor, change func(Person) (Person, error)) error {
	old, err := personOf(ctx, tx, s.keys, account, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("revising a person: %w", err)
	}
	fresh, err := change(old)
	if err != nil {
		return err
	}
	return s.Put(ctx, tx, account, fresh, by)
}
