package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	jobs     *prometheus.HistogramVec
	database *prometheus.HistogramVec
	refused  *prometheus.CounterVec
}

func newMetrics(reg *prometheus.Registry) metrics {
	m := metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kabinet_http_request_seconds", Help: "Time to answer a request, by the pattern of its route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kabinet_http_requests_in_flight", Help: "Requests being answered.",
		}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kabinet_job_seconds", Help: "Time that one run of a job took, by its kind and outcome (done, failed).",
			Buckets: []float64{.001, .005, .025, .1, .5, 1, 5, 30, 120},
		}, []string{"kind", "outcome"}),
		database: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kabinet_database_seconds", Help: "Time of operations on the database.",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1, 5},
		}, []string{"op"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kabinet_limit_refused_total", Help: "What was refused by a limit, by its name.",
		}, []string{"limit"}),
	}
	reg.MustRegister(m.requests, m.inFlight, m.jobs, m.database, m.refused)
	return m
}

// Handler serves the metrics in Prometheus's text form. It is for the
// operator's network only: whoever may open the route decides that.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.Registry, promhttp.HandlerOpts{Registry: t.Registry})
}
