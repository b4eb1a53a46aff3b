import express from 'express';

/** A bare Express handler: parses the same body and returns a constant answer of a given size. */
const size = Number(process.argv[2]);
const answer = JSON.stringify({ cards: [], padding: 'x'.repeat(Math.max(0, size - 27)) });
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post('/cds-services/:id', express.json({ limit: '20mb' }), (req, res) => {
  if ((req.body as { hook?: unknown }).hook === undefined) res.sendStatus(400);
  else res.type('application/json').send(answer);
});
app.listen(Number(process.env['PORT']), '127.0.0.1');
