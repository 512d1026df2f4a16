package catalogue_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"kabinet/internal/catalogue"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

// many is a folder of n services of their own names.
func many(b testing.TB, n int) fstest.MapFS {
	b.Helper()
	files := folder(b)
	text := string(files["city/yard-problem.yaml"].Data)
	what := strings.Fields("двор подъезд фонарь дорога площадка сквер мост набережная остановка рынок")
	for i := range n {
		code := fmt.Sprintf("service-%d", i)
		one := strings.NewReplacer(
			"code: yard-problem", "code: "+code,
			"number: АГ-301", fmt.Sprintf("number: ТС-%05d", i),
			"ru: Сообщение о проблеме во дворе", fmt.Sprintf("ru: Обращение %d про %s и %s", i, what[i%10], what[i/10%10]),
			"rank: 5\n", "",
		).Replace(text)
		files["city/"+code+".yaml"] = &fstest.MapFile{Data: []byte(one)}
	}
	return files
}

// BenchmarkLoad measures a start with ten thousand services of which nothing
// changed, and the first one, which publishes them all.
func BenchmarkLoad(b *testing.B) {
	files := many(b, 10_000)
	b.Run("unchanged", func(b *testing.B) {
		db := sqldbtest.New(b, catalogue.Schema())
		if err := open(b, db, files).Load(b.Context()); err != nil {
			b.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var p *portal
		for b.Loop() {
			p = open(b, db, files)
			if err := p.Load(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
		runtime.KeepAlive(p)
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if err := open(b, sqldbtest.New(b, catalogue.Schema()), files).Load(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPages measures whole requests with ten thousand services, without
// the network.
func BenchmarkPages(b *testing.B) {
	p := open(b, sqldbtest.New(b, catalogue.Schema()), many(b, 10_000))
	if err := p.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{
		"/services/suggest?q=с", "/services/suggest?q=обращение+про+мо", "/services/suggest?q=cghf",
		"/services", "/services?q=обращение+про+мост", "/services?q=сбсидия", "/services/housing-subsidy",
	} {
		b.Run(strings.ReplaceAll(path[1:], "/", "_"), func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Accept-Encoding", "gzip")
			for b.Loop() {
				w := httptest.NewRecorder()
				p.router.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
