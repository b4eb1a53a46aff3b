import type { Link } from '../cds-hooks/card.ts';
import type { OrderCheck } from '../criteria-check/order-check.ts';

const label = (check: OrderCheck): string =>
  check.kind === 'checked' && check.assessment.outcome !== 'alternative' && check.assessment.missing.length > 0
    ? 'Open the worksheet: answer what is missing'
    : 'Open the worksheet: criteria and evidence';

/**
 * The link that opens the worksheet for a card's order.
 * @param url where the EHR launches the app
 * @param appContext what the EHR hands to the app; without it the clinician chooses the order there
 */
export const worksheetLink = (check: OrderCheck, url: string, appContext?: string): Link => ({
  label: label(check),
  url,
  type: 'smart',
  ...(appContext !== undefined && { appContext }),
});
