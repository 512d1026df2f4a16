package audit

import (
	"net/http"

	"kabinet/internal/platform/web"
)

// linesShown is how many lines the page shows.
const linesShown = 30

// Routes adds the page of this package.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /activity", s.activity, web.SignedIn)
}

// activity shows a person what they and others did with their data. To look at
// it leaves no line: it is the log itself.
func (s *Service) activity(w http.ResponseWriter, r *http.Request) error {
	q := Query{Owner: web.Account(r), By: Kind(r.URL.Query().Get("by")), Before: r.URL.Query().Get("before"), Limit: linesShown + 1}
	if q.By != Person && q.By != Staff && q.By != System {
		q.By = ""
	}
	lines, err := List(r.Context(), s.opt.DB, q)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, activityPage(s.page(r.Context(), q, lines)))
}
