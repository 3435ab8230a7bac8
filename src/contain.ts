import type { InspectionEvent, Observer } from 'xstate';
import { type ErrorCategory, isErrorCategory } from '../machines/categories.ts';

/**
 * An inspection observer whose faults are printed and go no further. In XState one that throws breaks `createActor`
 * and loses the event that it was shown.
 */
export function containedObserver(
  observer: Observer<InspectionEvent> | ((event: InspectionEvent) => void),
): (event: InspectionEvent) => void {
  const next = typeof observer === 'function' ? observer : observer.next?.bind(observer);
  return (event) => {
    try {
      next?.(event);
    } catch (error) {
      console.error('toolfuse: the inspect observer threw', error);
    }
  };
}

/** A user's classifier, then ours: also where the user's throws or gives what is no category. */
export function containedClassifier(
  classify: ((error: unknown) => ErrorCategory | undefined) | undefined,
  categorize: (error: unknown) => ErrorCategory,
): (error: unknown) => ErrorCategory {
  if (classify === undefined) return categorize;
  return (error) => {
    try {
      const category = classify(error);
      if (isErrorCategory(category)) return category;
    } catch (fault) {
      console.error('toolfuse: classify threw', fault);
    }
    return categorize(error);
  };
}

/** A user's word on a returned value: false, or the category of a failure. One that throws says nothing against it. */
export function judge<Result>(
  isFailure: (result: Result) => boolean | ErrorCategory,
  result: Result,
): false | ErrorCategory {
  try {
    const verdict = isFailure(result);
    if (isErrorCategory(verdict)) return verdict;
    return verdict ? 'executionError' : false;
  } catch (fault) {
    console.error('toolfuse: isFailure threw', fault);
    return false;
  }
}
