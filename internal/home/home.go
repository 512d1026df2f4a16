package home

import (
	"context"
	"embed"
	"net/http"

	"kabinet/internal/catalogue"
	"kabinet/internal/platform/web"
)

//go:embed text.ru.json text.en.json
var texts embed.FS

// Texts returns what people read of this feature.
func Texts() embed.FS { return texts }

// Options is what the page shows.
type Options struct {
	Catalogue *catalogue.Service
}

// Service draws the page.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

// Routes adds the pages of this package to rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /{$}", s.home)
	rt.Handle("GET /help", s.help)
	rt.Handle("GET /contacts", s.contacts)
}

func (s *Service) home(w http.ResponseWriter, r *http.Request) error {
	start, err := s.Catalogue.Start(r.Context())
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, startPage(start))
}

func (s *Service) help(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, helpPage(topics()))
}

func (s *Service) contacts(w http.ResponseWriter, r *http.Request) error {
	agencies, err := s.agencies(r.Context())
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, contactsPage(agencies))
}

func (s *Service) agencies(ctx context.Context) ([]catalogue.Agency, error) {
	c, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	return c.Agencies(), nil
}
