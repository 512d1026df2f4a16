package notify

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
)

// pageSize is how many notices a page shows.
const pageSize = 20

// Routes adds the pages of this package, and the stream of events if there is
// a hub.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /notices", s.feed, web.SignedIn)
	rt.Handle("GET /notices/history", s.history, web.SignedIn)
	rt.Handle("GET /notices/{id}", s.one, web.SignedIn)
	rt.Handle("GET /notices/{id}/open", s.open, web.SignedIn)
	rt.Handle("POST /notices/{id}/read", s.read, web.SignedIn)
	rt.Handle("POST /notices/{id}/unread", s.unread, web.SignedIn)
	rt.Handle("POST /notices/{id}/delete", s.delete, web.SignedIn)
	rt.Handle("POST /notices/{id}/restore", s.restore, web.SignedIn)
	rt.Handle("POST /notices/read-all", s.readAll, web.SignedIn)
	if s.opt.Hub != nil {
		rt.Handle("GET /events", s.events, web.SignedIn)
	}
}

// view is the part of the feed that somebody looks at. It stands in the address
// of the page, and in those of its forms, so that they lead back to it.
type view struct {
	Show   string // "", showUnread or showWeek
	Topic  string
	Before string
}

const (
	showUnread = "unread"
	showWeek   = "week"
)

func viewOf(r *http.Request) view {
	q := r.URL.Query()
	v := view{Show: q.Get("show"), Topic: q.Get("topic"), Before: q.Get("before")}
	if v.Show != showUnread && v.Show != showWeek {
		v.Show = ""
	}
	if !slices.Contains(topics, v.Topic) {
		v.Topic = ""
	}
	if !id.Valid(v.Before) {
		v.Before = ""
	}
	return v
}

// at returns path with the view in its query.
func (v view) at(path string, more ...string) string {
	q := url.Values{}
	for i, pairs := 0, append([]string{"show", v.Show, "topic", v.Topic, "before", v.Before}, more...); i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (v view) filter(now time.Time) Filter {
	f := Filter{Unread: v.Show == showUnread, Topic: v.Topic}
	if v.Show == showWeek {
		f.Since = now.AddDate(0, 0, -7)
	}
	return f
}

func (s *Service) feed(w http.ResponseWriter, r *http.Request) error {
	v, account := viewOf(r), web.Account(r)
	feed, err := s.Feed(r.Context(), account, v.filter(s.now()), v.Before, pageSize)
	if err != nil {
		return err
	}
	n, err := s.Unread(r.Context(), account)
	if err != nil {
		return err
	}
	page := feedPage{view: v, unread: n, days: byDay(r.Context(), feed.Items, s.now()), next: feed.Next}
	if deleted := r.URL.Query().Get("deleted"); id.Valid(deleted) {
		page.deleted = deleted
	}
	return web.Write(w, r, http.StatusOK, page.draw())
}

func (s *Service) history(w http.ResponseWriter, r *http.Request) error {
	before := r.URL.Query().Get("before")
	h, err := s.History(r.Context(), web.Account(r), before, pageSize)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, historyPage(h, before != ""))
}

func (s *Service) one(w http.ResponseWriter, r *http.Request) error {
	item, err := s.Notice(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, noticePage(item))
}

// open marks a notice as read and leads to what it is about. It is a link, in
// letters too, and a link is followed by GET. That is safe all the same: to
// follow it again changes nothing, and whoever lures a person into following it
// achieves only what the person can undo with one press. A browser that only
// looks ahead changes nothing.
func (s *Service) open(w http.ResponseWriter, r *http.Request) error {
	item, err := s.Notice(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	ahead := strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Method == http.MethodHead
	if !item.Read && !ahead {
		if err := s.MarkRead(r.Context(), web.Account(r), item.ID); err != nil {
			return err
		}
	}
	if item.Link == "" {
		return web.SeeOther(w, r, feedPath+"/"+item.ID)
	}
	return web.SeeOther(w, r, item.Link)
}

func (s *Service) read(w http.ResponseWriter, r *http.Request) error {
	if err := s.MarkRead(r.Context(), web.Account(r), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, viewOf(r).at(feedPath))
}

func (s *Service) unread(w http.ResponseWriter, r *http.Request) error {
	if err := s.MarkUnread(r.Context(), web.Account(r), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, viewOf(r).at(feedPath))
}

func (s *Service) delete(w http.ResponseWriter, r *http.Request) error {
	notice := r.PathValue("id")
	if err := s.Delete(r.Context(), web.Account(r), notice); err != nil {
		return err
	}
	return web.SeeOther(w, r, viewOf(r).at(feedPath, "deleted", notice))
}

func (s *Service) restore(w http.ResponseWriter, r *http.Request) error {
	if err := s.Restore(r.Context(), web.Account(r), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, viewOf(r).at(feedPath))
}

func (s *Service) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := s.MarkAllRead(r.Context(), web.Account(r), r.PostFormValue("newest")); err != nil {
		return err
	}
	return web.SeeOther(w, r, viewOf(r).at(feedPath))
}

func (s *Service) events(w http.ResponseWriter, r *http.Request) error {
	s.opt.Hub.Serve(w, r, web.Account(r), web.VisitOf(r.Context()).Until)
	return nil
}
