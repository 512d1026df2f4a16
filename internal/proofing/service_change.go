package proofing

import (
	"context"

	"kabinet/internal/person"
	"kabinet/internal/platform/sqldb"
)

// Review is person.Review: a change of verified data becomes a request.
func (s *Service) Review(ctx context.Context, tx *sqldb.DB, account, session string, c person.Proposal) (string, error) {
	r, err := s.RequestChange(ctx, tx, DataChange{Account: account, Session: session, Parts: c.Parts, Person: c.Person, Comment: c.Comment, Files: c.Files})
	return requestPath(r.ID), err
}

// Unproved is person.Unproved: the numbers of the deleted part no longer lead to
// the account.
func (s *Service) Unproved(ctx context.Context, tx *sqldb.DB, account string, before person.Person, part person.Part) error {
	for _, l := range loginsOf(before, []person.Part{part}) {
		if err := s.Accounts.Release(ctx, tx, account, l); err != nil {
			return err
		}
	}
	return nil
}
