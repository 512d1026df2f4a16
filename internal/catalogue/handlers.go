package catalogue

import (
	"context"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// Routes puts the public pages of the catalogue on rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /services", s.list)
	rt.Handle("GET /services/suggest", s.suggest)
	rt.Handle("GET /services/{code}", s.show)
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	p := &listPage{c: c}
	p.q, p.mine = readQuery(r.URL.Query())
	p.q.Lang = i18n.LangOf(ctx)
	p.situation = find(c.lists.Situations, p.q.Situation)
	level, err := s.levelOf(ctx, web.Account(r))
	if err != nil {
		return err
	}
	p.levelled = level != ""
	if p.mine {
		p.q.Level = level
	}
	p.found = c.Find(p.q)
	if p.found.Known && p.found.Total > 0 && p.q.Offset == 0 {
		s.queries.add(p.q.Text)
	}
	return web.Write(w, r, http.StatusOK, catalogueView(p))
}

// levelOf returns the level of an account, "" when nobody is signed in.
func (s *Service) levelOf(ctx context.Context, account string) (Level, error) {
	if account == "" || s.Level == nil {
		return "", nil
	}
	return s.Level(ctx, account)
}

const (
	suggestServices = 6
	suggestQueries  = 2
)

func (s *Service) suggest(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Catalogue(r.Context())
	if err != nil {
		return err
	}
	typed := web.Clean(r.URL.Query().Get("q"))
	if typed == "" {
		return web.WriteFragment(w, r, http.StatusOK, ui.Suggestions(nil))
	}
	list := suggestions(r.Context(), typed, c.Suggest(typed, suggestServices), s.queries.popular(typed, suggestQueries))
	return web.WriteFragment(w, r, http.StatusOK, ui.Suggestions(list))
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	ctx, account := r.Context(), web.Account(r)
	c, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	d, err := s.Current(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	p := &servicePage{c: c, d: d, signed: account != ""}
	level, err := s.levelOf(ctx, account)
	if err != nil {
		return err
	}
	p.tooLow = level != "" && !level.Allows(d.Who.Level)
	if account != "" && s.Draft != nil {
		if p.draft, err = s.Draft(ctx, account, d.Code); err != nil {
			return err
		}
	}
	due, err := s.Due(d.Term)
	p.due, p.dueOK = due, err == nil // a calendar that lacks the next year says the term instead of the day
	for _, similar := range d.Similar {
		if card, ok := c.Card(similar.Service); ok {
			p.similar = append(p.similar, similarCard{similar.Hint, card})
		}
	}
	return web.Write(w, r, http.StatusOK, serviceView(p))
}

// Start returns what the public start page shows of the catalogue.
func (s *Service) Start(ctx context.Context) (Start, error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return Start{}, err
	}
	const shown = 6
	situations := c.Situations()
	return Start{
		Popular:    c.Popular(shown),
		Situations: situations[:min(shown, len(situations))],
		Queries:    s.queries.popular("", 4),
	}, nil
}
