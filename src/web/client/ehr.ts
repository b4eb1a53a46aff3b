import { html, render } from 'htm/preact';
import { Api, wordsOf } from './ehr-api.ts';
import { OrderEntry } from './ehr-app.ts';
import { Failure } from './ehr-parts.ts';

/** The page of order entry of the sandbox EHR. */
async function main(place: HTMLElement): Promise<void> {
  try {
    const { api, start } = await Api.open(place.dataset['prefix'] ?? '');
    place.replaceChildren();
    render(html`<${OrderEntry} api=${api} start=${start} />`, place);
  } catch (error) {
    place.replaceChildren();
    render(html`<div><h1>Order entry</h1><${Failure} words=${wordsOf(error)} /></div>`, place);
  }
}

const place = document.getElementById('ehr');
if (place !== null) void main(place);
