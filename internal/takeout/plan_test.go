package takeout

import (
	"testing"
	"time"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func TestTheSweepFindsItsRowsByIndex(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	sqldbtest.NoFullScan(t, db, overQuery, sqldb.At(time.Now()), 10)
	sqldbtest.NoFullScan(t, db, keptQuery, sqldb.At(time.Now()), 10)
}
