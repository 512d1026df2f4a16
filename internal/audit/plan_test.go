package audit

import (
	"testing"

	"kabinet/internal/platform/sqldb/sqldbtest"
)

func TestListsAndTheEndOfAChainAreFoundByTheKey(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	sqldbtest.NoFullScan(t, db, lastQuery, "anna")
	for _, q := range []Query{{Owner: "anna", Limit: 9}, {Owner: "anna", By: Staff, Before: "7", Limit: 9}} {
		query, args := q.sql()
		sqldbtest.NoFullScan(t, db, query, args...)
	}
}
