package notify

import (
	"testing"
	"time"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func TestEveryQueryOfThePagesIsAnsweredFromAnIndex(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	const account = "00000000000000000000000001"
	at, before := sqldb.At(time.Unix(1, 0)), account
	sqldbtest.NoFullScan(t, db, unreadQuery, account, maxUnread)
	sqldbtest.NoFullScan(t, db, byIDQuery, account, account)
	sqldbtest.NoFullScan(t, db, readAllQuery, at, account, account)
	for _, f := range []Filter{{}, {Unread: true}, {Since: at.Time}, {Topic: TopicLaw}, {Unread: true, Since: at.Time, Topic: TopicLaw}} {
		for _, cursor := range []string{"", before} {
			query, args := feedQuery(account, f, cursor, 20)
			sqldbtest.NoFullScan(t, db, query, args...)
		}
	}
	for _, cursor := range []string{"", before} {
		query, args := historyQuery(account, cursor, 20)
		sqldbtest.NoFullScan(t, db, query, args...)
	}
}
